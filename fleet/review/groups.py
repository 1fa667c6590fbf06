"""The groups of the review and their rows in words: needs a look, fine, closed, not begun yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fleet.review.asked import Asked
from fleet.review.columns import Cell, Cells
from fleet.review.day import RegionDay, ReviewDay
from fleet.review.explanations import Explanation, explanation
from fleet.review.lamps import Lamp, Lamps
from fleet.review.levels import GLYPHS, level_words
from fleet.review.situation import Level
from fleet.review.standing_alerts import StandingAlert

# Beyond this many the fine regions are folded into a line of names: the strip is their index.
FOLD_BEYOND = 20
# On a day on which everything is wrong, the rows below these go without their pictures.
MOST_IN_FULL = 100
FULL_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Why:
    """A reason below the first, or the first with what the region itself said."""

    sentence: str
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """One region's row. `is_bracketed` is None where no number is known; `explanation` stands below
    the row while it is opened."""

    pk: int
    code: str
    name: str
    level: str
    glyph: str
    word: str
    sentence: str
    detail: str
    also: tuple[Why, ...]
    link: Lamp
    data: Lamp
    cells: tuple[Cell, ...]
    is_bracketed: bool | None
    explanation: Explanation | None
    alerts: tuple[AlertLine, ...]


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert beside the reasons; `text` is what it says unless a reason says it in its words,
    who has it, and whether it is silenced."""

    pk: int
    text: str


class Name(NamedTuple):
    """A region in the strip, or in a group that is folded; `target` leads to its row."""

    pk: int
    code: str
    name: str
    level: str
    glyph: str
    word: str
    target: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows, or while it is folded only names; `toggle` is the query that opens or folds it."""

    key: str
    title: str
    n_rows: int
    lines: list[Line]
    names: list[Name]
    is_open: bool
    can_fold: bool
    toggle: str


def rows_in_full(review: ReviewDay, asked: Asked) -> set[int]:
    """Return the ids of the regions whose rows the page shows with history and models."""
    shown = [
        row.region.pk
        for key, rows in grouped(review).items()
        if is_open(key, chosen := asked.chosen(rows), asked)
        for row in chosen
    ]
    return set(shown[:MOST_IN_FULL])


def grouped(review: ReviewDay) -> dict[str, list[RegionDay]]:
    """Return the rows by the key of their group, in the order of the page."""
    return {
        "look": review.needs_look,
        "fine": review.fine,
        "closed": review.closed,
        "ahead": review.ahead,
    }


def is_open(key: str, rows: Sequence[RegionDay], asked: Asked) -> bool:
    """Whether the group shows rows: what needs a look always, many others when asked for."""
    return key == "look" or len(rows) <= FOLD_BEYOND or key in asked.opened or asked.is_filter


class Groups:
    """Makes the groups of a page."""

    def __init__(self, maker: Cells, lamps: Lamps, asked: Asked) -> None:
        self.maker, self.lamps, self.asked = maker, lamps, asked
        self.words = level_words()

    def of(self, review: ReviewDay) -> list[Group]:
        """Return the groups that hold a row which passes the filter."""
        titles = {
            "look": _("Needs a look"),
            "fine": _("Fine"),
            "closed": _("Closed"),
            "ahead": _("Not begun yet"),
        }
        found = []
        for key, rows in grouped(review).items():
            chosen = self.asked.chosen(rows)
            opened = is_open(key, chosen, self.asked)
            if chosen:
                found.append(
                    Group(
                        key,
                        titles[key],
                        len(chosen),
                        [self.line(row) for row in chosen] if opened else [],
                        [] if opened else self.names_of(_in_order_of_strip(chosen, review)),
                        is_open=opened,
                        can_fold=key != "look" and len(chosen) > FOLD_BEYOND,
                        toggle=self.asked.with_open(key).query,
                    )
                )
        return found

    def line(self, row: RegionDay) -> Line:
        """Return one row."""
        first, *rest = row.reasons or (None,)
        cells = self.maker.of(row)
        is_opened = row.region.code in self.asked.opened
        return Line(
            pk=row.region.pk,
            code=row.region.code,
            name=row.region.name,
            level=row.mark.value,
            glyph=GLYPHS[row.mark],
            word=self.words[row.mark],
            sentence=first.sentence if first else self._calm_sentence(row),
            detail=first.detail if first else "",
            also=tuple(Why(reason.sentence, reason.detail) for reason in rest if reason),
            link=self.lamps.link(row),
            data=self.lamps.data(row),
            cells=cells,
            is_bracketed=None if row.numbers is None else not row.counts,
            explanation=explanation(row, cells, self.maker, self.lamps) if is_opened else None,
            alerts=tuple(self._alert(alert, row) for alert in row.alerts),
        )

    def _alert(self, alert: StandingAlert, row: RegionDay) -> AlertLine:
        is_said = any(reason.sentence == f"{alert.title}." for reason in row.reasons)
        held = _("%(name)s has it") % {"name": alert.held_by} if alert.held_by else ""
        silenced = pgettext("mark of an alert", "silenced") if alert.is_silenced else ""
        words = ("" if is_said else alert.title, held, silenced)
        return AlertLine(alert.pk, " · ".join(filter(None, words)))

    def names_of(self, rows: Sequence[RegionDay]) -> list[Name]:
        """Return the regions by name and mark. A row that the filter hides is shown without it."""
        passed = {row.region.pk for row in self.asked.chosen(rows)}
        return [
            Name(
                row.region.pk,
                row.region.code,
                row.region.name,
                row.mark.value,
                GLYPHS[row.mark],
                self.words[row.mark],
                f"{'' if row.region.pk in passed else '?'}#{row.region.code}",
            )
            for row in rows
        ]

    def _calm_sentence(self, row: RegionDay) -> str:
        if row.mark is Level.CLOSED:
            name = row.region.calendar.name(self.lamps.day)
            if name:
                return _("Day off: %(name)s.") % {"name": name}
            return _("Does not work on this weekday.")
        if row.mark is Level.AHEAD:
            age = self.maker.figures.age(row.starts_at - self.lamps.now)
            return _("The day begins there in %(time)s.") % {"time": age}
        length = row.ends_at - row.starts_at
        if length != FULL_DAY:
            return _("The clocks change: a day of %(hours)s hours.") % {
                "hours": round(length / timedelta(hours=1))
            }
        return ""


def _in_order_of_strip(chosen: Sequence[RegionDay], review: ReviewDay) -> list[RegionDay]:
    passed = {row.region.pk for row in chosen}
    return [row for row in review.rows if row.region.pk in passed]
