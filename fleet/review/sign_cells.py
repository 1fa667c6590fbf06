"""What the page says beside each region of its sign-off and notes, and what a person may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from fleet.people.models import Role
from fleet.people.rights import may_act_as
from fleet.review.day import RegionDay, ReviewDay
from fleet.review.models import Note
from fleet.review.notes import notes
from fleet.review.signing import (
    SignedDay,
    clock_words,
    is_due,
    is_fine_and_fresh,
    shown_token,
    signed_days,
    unexplained,
)

Clock = Callable[[datetime], str]


class SignState(StrEnum):
    """`nothing` while the day runs, and where a region was right not to work."""

    NOTHING = "nothing"
    DUE = "due"
    CHANGED = "changed"
    SIGNED = "signed"


UNSIGNED = frozenset({SignState.DUE, SignState.CHANGED})


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note as the page shows it."""

    by: str
    at: str
    text: str


class SignCell(NamedTuple):
    """One region's cell.

    `text` says who signed and when, or what changed since; `shown` is the token of a form that
    signs; `undo_s` seconds are left to take the sign-off back; `reasons` are codes and sentences
    that a note may explain, those that keep the day from being signed first.
    """

    code: str
    name: str
    day: str
    state: SignState
    text: str
    shown: str
    undo_s: int
    may_write: bool
    is_blocked: bool
    reasons: tuple[tuple[str, str], ...]
    notes: tuple[NoteLine, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """The sign-offs and notes of a review: `cells` by region, the rest about all of them.

    `tally` is “signed 9/18, 3 not over yet”; `all_shown` is what the form “sign all that are fine
    and fresh” carries of `n_all` regions.
    """

    day: str
    cells: Mapping[int, SignCell]
    tally: str
    all_shown: str
    n_all: int
    notes: tuple[NoteLine, ...]
    may_write: bool


def signs(account: User, review: ReviewDay, now: datetime) -> Signs:
    """Return what the page says of sign-offs and notes, in two queries."""
    signed = signed_days(review.day, {row.region.pk: row.numbers for row in review.rows})
    noted = notes(review.day, [row.region.pk for row in review.rows])
    may_write = may_act_as(account, Role.ON_CALL)
    clock, day = clock_words(now), review.day.isoformat()
    cells = {
        row.region.pk: sign_cell(
            account,
            row,
            day,
            signed.get(row.region.pk),
            noted.get(row.region.pk, ()),
            now,
            clock,
            may_write=may_write,
        )
        for row in review.rows
    }
    ready = [
        cells[row.region.pk]
        for row in review.rows
        if is_fine_and_fresh(row) and cells[row.region.pk].state in UNSIGNED
    ]
    return Signs(
        day=day,
        cells=cells,
        tally=_tally(review, cells, now),
        all_shown=" ".join(f"{cell.code}={cell.shown}" for cell in ready),
        n_all=len(ready),
        notes=_note_lines(noted.get(None, ()), clock),
        may_write=may_write,
    )


def sign_cell(
    account: User,
    row: RegionDay,
    day: str,
    signed: SignedDay | None,
    noted: Sequence[Note],
    now: datetime,
    clock: Clock,
    *,
    may_write: bool,
) -> SignCell:
    """Return what is said of one region."""
    blocking = unexplained(row, noted)
    rest = [why for why in row.reasons if why not in blocking]
    state = _state(row, signed, now)
    return SignCell(
        code=row.region.code,
        name=row.region.name,
        day=day,
        state=state,
        text=_text(signed, clock) if signed else "",
        shown=shown_token(row) if state in UNSIGNED else "",
        undo_s=round(signed.undo_left(account.pk, now).total_seconds()) if signed else 0,
        may_write=may_write,
        is_blocked=bool(blocking),
        reasons=tuple((why.code, why.sentence) for why in (*blocking, *rest)),
        notes=_note_lines(noted, clock),
    )


def _state(row: RegionDay, signed: SignedDay | None, now: datetime) -> SignState:
    if signed is not None:
        return SignState.CHANGED if signed.changed else SignState.SIGNED
    return SignState.DUE if is_due(row, now) else SignState.NOTHING


def _text(signed: SignedDay, clock: Clock) -> str:
    if not signed.changed:
        return f"{signed.by}, {clock(signed.at)}"
    return _("Changed since signed %(time)s (%(change)s)") % {
        "time": clock(signed.at),
        "change": signed.changed,
    }


def _note_lines(noted: Iterable[Note], clock: Clock) -> tuple[NoteLine, ...]:
    return tuple(NoteLine(note.author_name, clock(note.at), note.text) for note in noted)


def _tally(review: ReviewDay, cells: Mapping[int, SignCell], now: datetime) -> str:
    due = [row for row in review.rows if is_due(row, now)]
    if not due:
        return ""
    n_signed = sum(cells[row.region.pk].state is SignState.SIGNED for row in due)
    words = _("signed %(n)s/%(due)s") % {"n": n_signed, "due": len(due)}
    n_running = sum(now < row.ends_at for row in review.rows)
    return f"{words}, " + _("%(n)s not over yet") % {"n": n_running} if n_running else words
