"""Cells of the review's rows. Made in Python because a page has thousands of them: as template
nodes they take three times as long."""

from __future__ import annotations

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from fleet.review.lamps import Lamp
from fleet.review.page import Line

register = template.Library()


@register.simple_tag
def strip_mark(line: Line) -> SafeString:
    """Return a region's mark in the strip: a link to its row, named for those who hover or hear."""
    named = f"{escape(line.name)}: {escape(line.word)}"
    return mark_safe(  # noqa: S308 (every text is escaped)
        f'<li><a class="{line.level}" href="#{line.code}" title="{named}">'
        f'<span class="mark" aria-hidden="true">{line.glyph}</span>'
        f'<span class="vh">{named}</span></a></li>'
    )


@register.simple_tag
def why_cell(line: Line) -> SafeString:
    """Return a cell with the reasons, the first one first, and what the region said of each."""
    first = f"<p>{escape(line.sentence)}</p>{_said(line.detail)}" if line.sentence else ""
    also = (f'<p class="also">{escape(why.sentence)}</p>{_said(why.detail)}' for why in line.also)
    return mark_safe(f'<td class="why">{first}{"".join(also)}</td>')  # noqa: S308 (escaped)


def _said(detail: str) -> str:
    return f'<p class="detail"><bdi>{escape(detail)}</bdi></p>' if detail else ""


@register.simple_tag
def lamp_cell(lamp: Lamp, label: str) -> SafeString:
    """Return a cell with a lamp that says why when it is opened."""
    word = f'<span class="vh"> {escape(lamp.word)}</span>' if lamp.word != lamp.text else ""
    return mark_safe(  # noqa: S308 (every text is escaped)
        f'<td class="lamp" data-label="{escape(label)}"><details class="{lamp.state}">'
        f'<summary><span class="glyph" aria-hidden="true">{lamp.glyph}</span> {escape(lamp.text)}'
        f"{word}</summary><p>{escape(lamp.why)}</p></details></td>"
    )


@register.simple_tag
def number_cells(cells: tuple[tuple[str, str], ...]) -> SafeString:
    """Return a cell for each column name and value."""
    return mark_safe(  # noqa: S308 (every text is escaped)
        "".join(
            f'<td class="number" data-label="{escape(column)}">{escape(value)}</td>'
            for column, value in cells
        )
    )
