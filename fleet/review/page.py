"""The daily review in words: every string of the page is made here, once, so that a template of
a thousand rows only has to place them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.asked import Asked
from fleet.review.banners import banner
from fleet.review.cell_words import CellWords
from fleet.review.columns import Cells, Scales, columns
from fleet.review.day import ReviewDay
from fleet.review.figures import Figures
from fleet.review.groups import Group, Groups, Name
from fleet.review.lamps import Lamps, LampWords, lamp_legend
from fleet.review.levels import GLYPHS, level_count, level_words
from fleet.review.situation import Level


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
        columns(),
        figures,
        Scales.of([row.history for row in review.rows if row.history]),
        CellWords.of_active_language(),
    )
    local_now = review.now.astimezone(viewer_zone)
    heading = date_format(review.day, pgettext("format of the page's date", "l j E Y"))
    lamps = Lamps(LampWords.of_active_language(), figures, review.now, review.day)
    groups = Groups(maker, lamps, asked)
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
        totals=maker.totals(review.totals.numbers),
        all_fine=_all_fine(review, figures),
        asked=asked,
        no_hits=_no_hits(asked) if review.rows and not made else "",
    )


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


def legend() -> list[tuple[str, str]]:
    """Return what the marks, the lamps and the columns mean, each by its name."""
    marks = (f"{GLYPHS[level]} {word}" for level, word in level_words().items())
    defined = ((column.name, column.definition) for column in columns())
    return [(_("Marks"), ", ".join(marks)), *lamp_legend(), *defined]


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
