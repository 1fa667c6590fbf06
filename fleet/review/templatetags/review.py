"""The strip and the rows of the review. Made in Python because a page has thousands of cells: as
template nodes they take several times as long. Every text is escaped here but regions' codes, which
the database holds to a-z, 0-9 and _."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from fleet.review.lamps import Lamp
from fleet.review.page import Line

register = template.Library()


@register.simple_tag
def strip_marks(lines: Sequence[Line]) -> SafeString:
    """Return the items of the strip: links to the rows, named for those who hover or hear."""
    return mark_safe("".join(map(_strip_mark, lines)))  # noqa: S308 (escaped)


@register.simple_tag
def region_rows(lines: Sequence[Line], link_label: str, data_label: str) -> SafeString:
    """Return the table's rows; the labels stand before the lamps where rows become cards."""
    link, data = escape(link_label), escape(data_label)
    return mark_safe("\n".join(_row(line, link, data) for line in lines))  # noqa: S308 (escaped)


def _strip_mark(line: Line) -> str:
    named = f"{escape(line.name)}: {escape(line.word)}"
    return (
        f'<li><a class="{line.level}" href="#{line.code}" title="{named}">'
        f'<span class="mark" aria-hidden="true">{line.glyph}</span>'
        f'<span class="vh">{named}</span></a></li>'
    )


def _row(line: Line, link: str, data: str) -> str:
    bracketed = " bracketed" if line.is_bracketed else ""
    return (
        f'<tr id="{line.code}" class="{line.level}{bracketed}">'
        f'<th scope="row"><span class="mark" aria-hidden="true">{line.glyph}</span>'
        f'<span class="name">{escape(line.name)}'
        f'<span class="vh">, {escape(line.word)}</span></span></th>'
        f"{_why_cell(line)}{_lamp_cell(line.link, link)}{_lamp_cell(line.data, data)}"
        f"{_number_cells(line)}</tr>"
    )


def _why_cell(line: Line) -> str:
    first = f"<p>{escape(line.sentence)}</p>{_said(line.detail)}" if line.sentence else ""
    also = (f'<p class="also">{escape(why.sentence)}</p>{_said(why.detail)}' for why in line.also)
    return f'<td class="why">{first}{"".join(also)}</td>'


def _said(detail: str) -> str:
    return f'<p class="detail"><bdi>{escape(detail)}</bdi></p>' if detail else ""


def _lamp_cell(lamp: Lamp, label: str) -> str:
    word = f'<span class="vh"> {escape(lamp.word)}</span>' if lamp.word != lamp.text else ""
    return (
        f'<td class="lamp" data-label="{label}"><details class="{lamp.state}">'
        f'<summary><span class="glyph" aria-hidden="true">{lamp.glyph}</span> {escape(lamp.text)}'
        f"{word}</summary><p>{escape(lamp.why)}</p></details></td>"
    )


def _number_cells(line: Line) -> str:
    return "".join(
        f'<td class="number" data-label="{escape(column)}">{escape(value)}</td>'
        for column, value in line.cells
    )
