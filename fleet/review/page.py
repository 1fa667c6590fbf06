"""The daily review in words: every string of the page is made here, once, so that a template of
a thousand rows only has to place them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.asked import Asked
from fleet.review.banners import banner
from fleet.review.columns import Cell, Cells, Column, Scales, columns
from fleet.review.day import RegionDay, ReviewDay
from fleet.review.explanations import Explanation, explanation
from fleet.review.figures import Figures
from fleet.review.lamps import Lamp, Lamps
from fleet.review.levels import GLYPHS, level_count, level_words
from fleet.review.situation import Level

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


@dataclass(frozen=True, slots=True)
class Name:
    """A region in the strip, or in a group that is folded; `target` leads to its row."""

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


@dataclass(frozen=True, slots=True)
class Tally:
    """How many regions bear a mark: “2 failing”. `toggle` is the query that shows or hides them."""

    level: str
    glyph: str
    text: str
    toggle: str
    is_pressed: bool


@dataclass(frozen=True, slots=True)
class Page:
    """All that the template prints."""

    title: str
    needs_look: bool
    date: str
    clock: str
    coverage: str
    tallies: list[Tally]
    banners: list[str]
    strip: list[Name]
    groups: list[Group]
    columns: tuple[Column, ...]
    totals: list[tuple[str, str]]
    all_fine: str
    asked: Asked
    no_hits: str


def page(review: ReviewDay, viewer_zone: ZoneInfo, asked: Asked | None = None) -> Page:
    """Return the page's text in the active language. Rows of which the review holds the history
    show it."""
    asked = asked or Asked()
    figures = Figures.of_active_language()
    maker = Cells(
        columns(), figures, Scales.of([row.history for row in review.rows if row.history])
    )
    local_now = review.now.astimezone(viewer_zone)
    heading = date_format(review.day, pgettext("format of the page's date", "l j E Y"))
    groups = _Groups(maker, Lamps.of_active_language(figures, review.now, review.day), asked)
    made = groups.of(review)
    return Page(
        title=_title(review, heading),
        needs_look=bool(review.needs_look),
        date=heading[:1].upper() + heading[1:],
        clock=f"{local_now:%H:%M} {local_now:%Z}",
        coverage=_coverage(review, figures),
        tallies=_tallies(review, asked),
        banners=[banner(blind, figures, review.now) for blind in review.blindness],
        strip=groups.names_of(review.rows),
        groups=made,
        columns=maker.columns,
        totals=maker.totals(review.totals.numbers),
        all_fine=_all_fine(review, figures),
        asked=asked,
        no_hits=_no_hits(asked) if review.rows and not made else "",
    )


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


class _Groups:
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
                        [] if opened else self.names_of(chosen),
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
        )

    def names_of(self, rows: Sequence[RegionDay]) -> list[Name]:
        """Return the regions by name and mark. A row that the filter hides is shown without it."""
        passed = {row.region.pk for row in self.asked.chosen(rows)}
        return [
            Name(
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


def _coverage(review: ReviewDay, figures: Figures) -> str:
    totals = review.totals
    return ngettext(
        "%(covered)s of %(expected)s region",
        "%(covered)s of %(expected)s regions",
        totals.n_expected,
    ) % {
        "covered": figures.count(totals.n_covered),
        "expected": figures.count(totals.n_expected),
    }


def _tallies(review: ReviewDay, asked: Asked) -> list[Tally]:
    marks = Counter(row.mark for row in review.rows)
    return [
        Tally(
            level.value,
            GLYPHS[level],
            level_count(level, marks[level]),
            asked.toggled(level).query,
            level in asked.show,
        )
        for level in Level
        if marks[level]
    ]


def _title(review: ReviewDay, heading: str) -> str:
    n = len(review.needs_look)
    if not n:
        return heading
    return ngettext("%(n)s needs a look – %(day)s", "%(n)s need a look – %(day)s", n) % {
        "n": n,
        "day": heading,
    }


def _no_hits(asked: Asked) -> str:
    return _("No region passes the filter: %(filter)s.") % {"filter": asked.filter_words}


def _all_fine(review: ReviewDay, figures: Figures) -> str:
    """Return the sentence for a day on which nothing needs a look, with the oldest data named."""
    aged = [(row.age, row.region.name) for row in review.rows if row.age is not None]
    if review.needs_look or not aged:
        return ""
    age, name = max(aged)
    return _("Nothing needs a look. Oldest data: %(age)s (%(region)s).") % {
        "age": figures.age(age),
        "region": name,
    }
