"""The sign-off beside a region: its cell, made in Python like the rows of the review, and its
forms. Every text is escaped here but regions' codes and dates.

All buttons of a page that sign or undo belong to one form, `sign`, by their attributes, so that a
row costs a button and not a form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Self

from django import template
from django.middleware.csrf import get_token
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from fleet.review.figures import day_name, kept_by_language
from fleet.review.models import LONGEST_NOTE
from fleet.review.sign_cells import UNSIGNED, NoteLine, SignCell, SignState
from fleet.review.unsigned import UnsignedDay

register = template.Library()


@dataclass(frozen=True, slots=True)
class SignWords:
    """The words of all cells, looked up once; `csrf` and `back` go into the forms of notes."""

    sign: str
    sign_again: str
    undo: str
    note: str
    note_and_sign: str
    note_first: str
    text: str
    explains: str
    whole_day: str
    save: str
    save_and_sign: str
    signed: str
    not_signed: str
    csrf: str = ""
    back: str = ""

    @staticmethod
    @kept_by_language
    def of_active_language() -> SignWords:
        """Return the words, without what belongs to one page only."""
        return SignWords(
            sign=escape(_("Sign")),
            sign_again=escape(_("Sign again")),
            undo=escape(_("Undo")),
            note=escape(_("Note")),
            note_first=escape(_("needs a note")),
            note_and_sign=escape(_("Note and sign")),
            text=escape(_("Note for the next engineer; no patient data")),
            explains=escape(_("It explains")),
            whole_day=escape(_("the day as a whole")),
            save=escape(_("Save")),
            save_and_sign=escape(_("Save and sign")),
            signed=escape(_("Signed")),
            not_signed=escape(_("not signed")),
        )

    def on_page(self, csrf: str, back: str) -> Self:
        """Return the words for a page at `back` with a CSRF token."""
        return replace(self, csrf=escape(csrf), back=escape(back))


@register.simple_tag(takes_context=True)
def sign_panel(context: dict[str, Any], cell: SignCell) -> SafeString:
    """Return the sign-off and the notes of one region, for a page that shows only that one."""
    words = words_of(context)
    html = f"{sign_html(cell, words)}{notes_html(cell.notes)}{note_form(cell, words)}"
    return mark_safe(html)  # noqa: S308 (escaped)


@register.simple_tag
def note_lines(lines: tuple[NoteLine, ...]) -> SafeString:
    """Return notes as paragraphs."""
    return mark_safe(notes_html(lines))  # noqa: S308 (escaped)


@register.simple_tag
def unsigned_links(days: Iterable[UnsignedDay]) -> SafeString:
    """Return links to the days that wait for a sign-off."""
    links = (
        f'<a href="/day/{one.day}/#{one.code}">{escape(one.name)}, {escape(day_name(one.day))}</a>'
        for one in days
    )
    return mark_safe("; ".join(links))  # noqa: S308 (escaped)


def words_of(context: dict[str, Any]) -> SignWords:
    """Return the words for the page of a template's context."""
    request = context["request"]
    return SignWords.of_active_language().on_page(get_token(request), request.get_full_path())


def sign_html(cell: SignCell, words: SignWords) -> str:
    """Return the content of the cell: who signed, or what may be done."""
    said = f'<span class="signed {cell.state}">{escape(cell.text)}</span>' if cell.text else ""
    if cell.state is SignState.SIGNED:
        tick = (
            f'<span class="tick" aria-hidden="true">✓</span><span class="vh">{words.signed}:</span>'
        )
        return f"{tick} {said}{_undo(cell, words)}"
    if cell.state is SignState.NOTHING:
        return ""
    if not cell.may_write:
        return said or f'<span class="signed">{words.not_signed}</span>'
    if cell.is_blocked:
        return f'{said}<span class="signed">{words.note_first}</span>'
    word = words.sign_again if cell.state is SignState.CHANGED else words.sign
    return f"{said}{_button(cell, 'sign', word, cell.shown)}"


def notes_html(lines: tuple[NoteLine, ...]) -> str:
    """Return notes as paragraphs."""
    return "".join(
        f'<p class="note"><span class="by">{escape(line.by)}, {escape(line.at)}:</span> '
        f"<bdi>{escape(line.text)}</bdi></p>"
        for line in lines
    )


def note_form(cell: SignCell, words: SignWords) -> str:
    """Return a folded form for a note on the region's day; nothing for those who only read."""
    if not cell.may_write:
        return ""
    is_unsigned = cell.state in UNSIGNED
    sign = f'<button name="shown" value="{cell.shown}">{words.save_and_sign}</button>'
    return (
        f'<details class="note-form"><summary>'
        f"{words.note_and_sign if cell.is_blocked and is_unsigned else words.note}"
        f'<span class="vh">: {escape(cell.name)}</span></summary>'
        f'<form method="post" action="/regions/{cell.code}/{cell.day}/note/">'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{words.csrf}">'
        f'<input type="hidden" name="next" value="{words.back}">'
        f'<label>{words.text}<textarea name="text" rows="3" maxlength="{LONGEST_NOTE}" required>'
        f"</textarea></label>{_reasons(cell, words)}"
        f"<span>{sign if is_unsigned else ''}<button>{words.save}</button></span>"
        f"</form></details>"
    )


def _reasons(cell: SignCell, words: SignWords) -> str:
    if not cell.reasons:
        return ""
    options = "".join(
        f'<option value="{escape(code)}">{escape(sentence)}</option>'
        for code, sentence in cell.reasons
    )
    return (
        f'<label>{words.explains} <select name="reason">{options}'
        f'<option value="">{words.whole_day}</option></select></label>'
    )


def _undo(cell: SignCell, words: SignWords) -> str:
    if not cell.undo_s:
        return ""
    return _button(cell, "unsign", words.undo, "", f' data-undo-s="{cell.undo_s}"')


def _button(cell: SignCell, deed: str, word: str, shown: str, more: str = "") -> str:
    return (
        f'<button class="{deed}" form="sign" name="shown" value="{shown}"{more} '
        f'formaction="/regions/{cell.code}/{cell.day}/{deed}/" '
        f'aria-label="{word}: {escape(cell.name)}">{word}</button>'
    )
