"""The strip and the rows of the review. Made in Python because a page has thousands of cells: as
template nodes they take several times as long. Every text is escaped here but regions' codes, which
the database holds to a-z, 0-9 and _, and what `sign` has made ready."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from fleet.review.columns import Cell, columns
from fleet.review.explanations import Explanation
from fleet.review.groups import Line, Name
from fleet.review.lamps import Lamp
from fleet.review.page import Page, legend
from fleet.review.sign_cells import SignCell, Signs, SignState
from fleet.review.templatetags.sign import note_form, notes_html, sign_html, words_of

register = template.Library()
register.simple_tag(legend)
register.simple_tag(columns, name="columns")


@register.simple_tag
def strip_marks(names: Sequence[Name]) -> SafeString:
    """Return the items of the strip: links to the rows, named for those who hover or hear."""
    return mark_safe("".join(map(_strip_mark, names)))  # noqa: S308 (escaped)


@register.simple_tag(takes_context=True)
def folded_names(context: dict[str, Any], names: Sequence[Name]) -> SafeString:
    """Return the names of a folded group, each a link to the region's page, with its sign-off."""
    signs: Signs = context["signs"]
    signed = f' <span class="tick" title="{escape(_("Signed"))}">✓</span>'
    items = "".join(
        f'<li id="{one.code}"><a href="/regions/{one.code}/{signs.day}/">'
        f"<bdi>{escape(one.name)}</bdi></a>{_folded_sign(signs.cells[one.pk], signed)}</li>"
        for one in names
    )
    return mark_safe(items)  # noqa: S308 (escaped)


@register.simple_tag(takes_context=True)
def region_rows(context: dict[str, Any], lines: Sequence[Line]) -> SafeString:
    """Return the table's rows, each with its sign-off and notes."""
    rows = _Rows(context)
    return mark_safe("\n".join(map(rows.row, lines)))  # noqa: S308 (escaped)


def _strip_mark(one: Name) -> str:
    named = escape(f"{one.name}: {one.word}")
    return (
        f'<li><a class="{one.level}" href="{one.target}" title="{named}">'
        f'<span class="mark" aria-hidden="true">{one.glyph}</span>'
        f'<span class="vh">{named}</span></a></li>'
    )


def _folded_sign(cell: SignCell, signed: str) -> str:
    if cell.state is SignState.CHANGED:
        return f' <span class="signed changed">{escape(cell.text)}</span>'
    return signed if cell.state is SignState.SIGNED else ""


class _Rows:
    """The words of all rows, looked up once."""

    def __init__(self, context: dict[str, Any]) -> None:
        page: Page = context["page"]
        self.signs: Signs = context["signs"]
        self.sign_words = words_of(context)
        self.asked = page.asked
        self.link, self.data = escape(_("Link")), escape(_("Data"))
        self.signed, self.explain = escape(_("Signed")), escape(_("Explain"))
        self.explained = escape(_("The numbers of the row above, explained"))
        self.alert = escape(_("Alert"))
        self.studies, self.page = escape(_("Studies, live")), escape(_("The region's page"))

    def row(self, line: Line) -> str:
        kind = {True: " bracketed", None: " blank"}.get(line.is_bracketed, "")
        cell = self.signs.cells[line.pk]
        return (
            f'<tr id="{line.code}" class="region {line.level}{kind}" tabindex="-1">'
            f'<th scope="row"><span class="mark" aria-hidden="true">{line.glyph}</span>'
            f'<a class="name" href="/regions/{line.code}/{self.signs.day}/">'
            f"<bdi>{escape(line.name)}</bdi>"
            f'<span class="vh">, {escape(line.word)}</span></a></th>'
            f'<td class="why">{_why(line)}{self._alerts(line)}{notes_html(cell.notes)}'
            f'<div class="deeds">{self._explain(line)}{note_form(cell, self.sign_words)}</div></td>'
            f"{_lamp_cell(line.link, self.link)}{_lamp_cell(line.data, self.data)}"
            f"{''.join(map(_number_cell, line.cells))}"
            f'<td class="sign-cell" data-label="{self.signed}">'
            f"{sign_html(cell, self.sign_words)}</td></tr>"
            f"{self._detail(line, line.explanation) if line.explanation else ''}"
        )

    def _alerts(self, line: Line) -> str:
        return "".join(
            f'<p class="also"><a href="/alerts/{one.pk}/">{self.alert} #{one.pk}</a>'
            f"{f' {escape(one.text)}' if one.text else ''}</p>"
            for one in line.alerts
        )

    def _explain(self, line: Line) -> str:
        query = escape(self.asked.with_open(line.code).query) or "?"
        opened = "true" if line.explanation else "false"
        return (
            f'<a class="explain" href="{query}#{line.code}" aria-expanded="{opened}">'
            f'{self.explain}<span class="vh">: {escape(line.name)}</span></a>'
        )

    def _detail(self, line: Line, told: Explanation) -> str:
        numbers = "".join(map(_explained, told.cells))
        lists = "".join(f"<li><bdi>{escape(text)}</bdi></li>" for text in (*told.models,))
        versions = "".join(f"<li><bdi>{escape(text)}</bdi></li>" for text in told.versions)
        day = f"/regions/{line.code}/{self.signs.day}/"
        return (
            f'<tr class="detail" id="{line.code}-detail"><td colspan="{len(columns()) + 5}">'
            f'<h3 class="vh">{self.explained}: {escape(line.name)}</h3>'
            f"<p>{escape(told.place)}</p><p>{escape(told.window)} {escape(told.known)}</p>"
            f'<dl class="explained">{numbers}</dl>'
            f"{f'<ul>{lists}</ul>' if lists else ''}{f'<ul>{versions}</ul>' if versions else ''}"
            f'<p><a href="{day}">{self.page}</a> · <a href="{day}studies/">{self.studies}</a></p>'
            f"</td></tr>"
        )


def _explained(cell: Cell) -> str:
    rows = f" ({escape(cell.rows)})" if cell.rows else ""
    return (
        f"<div><dt>{escape(cell.column.name)}: {escape(cell.value)}{rows}</dt>"
        f"<dd>{escape(cell.column.definition)}{_notes(cell)}</dd></div>"
    )


def _why(line: Line) -> str:
    first = f"<p>{escape(line.sentence)}</p>{_said(line.detail)}" if line.sentence else ""
    also = (f'<p class="also">{escape(why.sentence)}</p>{_said(why.detail)}' for why in line.also)
    return f"{first}{''.join(also)}"


def _said(detail: str) -> str:
    return f'<p class="detail"><bdi>{escape(detail)}</bdi></p>' if detail else ""


def _lamp_cell(lamp: Lamp, label: str) -> str:
    word = f'<span class="vh"> {escape(lamp.word)}</span>' if lamp.word != lamp.text else ""
    return (
        f'<td class="lamp" data-label="{label}"><details class="{lamp.state}" name="lamp">'
        f'<summary><span class="glyph" aria-hidden="true">{lamp.glyph}</span> {escape(lamp.text)}'
        f"{word}</summary><p>{escape(lamp.why)}</p></details></td>"
    )


def _number_cell(cell: Cell) -> str:
    return (
        f'<td class="number {cell.column.key}" data-label="{escape(cell.column.name)}">'
        f"{cell.spark}{escape(cell.value)}{_notes(cell)}</td>"
    )


def _notes(cell: Cell) -> str:
    """A word of the contract's vocabulary breaks after an underscore rather than at any letter."""
    texts = (escape(note).replace("_", "_<wbr>") for note in cell.notes)
    return "".join(f'<span class="note-line"><bdi>{text}</bdi></span>' for text in texts)
