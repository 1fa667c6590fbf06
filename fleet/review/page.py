"""The daily review in words: every string of the page is made here, once, so that a template of
a thousand rows only has to place them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.blindness import Blindness, Cause
from fleet.review.day import RegionDay, ReviewDay
from fleet.review.figures import NOTHING, Figures
from fleet.review.lamps import Lamp, Lamps
from fleet.review.numbers import Numbers
from fleet.review.situation import Level

GLYPHS = {
    Level.FAILING: "■",
    Level.LOOK: "▲",
    Level.STALE: "◇",
    Level.UNKNOWN: "◌",
    Level.CARRIED: "▣",
    Level.FINE: "●",
    Level.CLOSED: "–",
    Level.AHEAD: "·",
}
# Beyond this many the fine regions are folded: the strip is their index.
FOLD_BEYOND = 20
FULL_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Why:
    """A reason below the first, or the first with what the region itself said."""

    sentence: str
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """One region's row; `cells` are column names and values."""

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
    cells: tuple[tuple[str, str], ...]
    is_bracketed: bool


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    title: str
    lines: list[Line]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many regions bear a mark: “2 failing”."""

    level: str
    glyph: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that the template prints."""

    title: str
    date: str
    clock: str
    coverage: str
    tallies: list[Tally]
    banners: list[str]
    strip: list[Line]
    groups: list[Group]
    columns: tuple[str, ...]
    totals: list[tuple[str, str]]
    all_fine: str


def page(review: ReviewDay, viewer_zone: ZoneInfo) -> Page:
    """Return the page's text in the active language."""
    figures = Figures.of_active_language()
    words = level_words()
    lamps = Lamps.of_active_language(figures, review.now, review.day)
    columns = column_names()
    lines = {row.region.pk: _line(row, figures, words, lamps, columns) for row in review.rows}
    local_now = review.now.astimezone(viewer_zone)
    heading = date_format(review.day, pgettext("format of the page's date", "l j E Y"))
    return Page(
        title=_title(review, heading),
        date=heading[:1].upper() + heading[1:],
        clock=f"{local_now:%H:%M} {local_now:%Z}",
        coverage=_coverage(review, figures),
        tallies=_tallies(review),
        banners=[_banner(blind, figures, review.now) for blind in review.blindness],
        strip=list(lines.values()),
        groups=_groups(review, lines),
        columns=columns,
        totals=_totals(review.totals.numbers, figures),
        all_fine=_all_fine(review, figures),
    )


def level_words() -> dict[Level, str]:
    """Return the word that stands beside each mark."""
    return {
        Level.FAILING: pgettext("mark of a region", "failing"),
        Level.LOOK: pgettext("mark of a region", "needs a look"),
        Level.STALE: pgettext("mark of a region", "stale"),
        Level.UNKNOWN: pgettext("mark of a region", "unknown"),
        Level.CARRIED: pgettext("mark of a region", "carried by hand"),
        Level.FINE: pgettext("mark of a region", "fine"),
        Level.CLOSED: pgettext("mark of a region", "closed"),
        Level.AHEAD: pgettext("mark of a region", "not begun"),
    }


def column_names() -> tuple[str, ...]:
    """Return the headings of the cells, in their order."""
    return (
        _("Studies"),
        _("Failed"),
        _("Rejected"),
        _("Fallback"),
        _("Latency p95"),
        _("Positive"),
    )


def _line(
    row: RegionDay,
    figures: Figures,
    words: dict[Level, str],
    lamps: Lamps,
    columns: tuple[str, ...],
) -> Line:
    first, *rest = row.reasons or (None,)
    is_bracketed = row.numbers is not None and not row.counts
    values = _values(row.numbers, figures, is_bracketed=is_bracketed)
    return Line(
        code=row.region.code,
        name=row.region.name,
        level=row.mark.value,
        glyph=GLYPHS[row.mark],
        word=words[row.mark],
        sentence=first.sentence if first else _calm_sentence(row, figures, lamps.now),
        detail=first.detail if first else "",
        also=tuple(Why(reason.sentence, reason.detail) for reason in rest if reason),
        link=lamps.link(row),
        data=lamps.data(row),
        cells=tuple(zip(columns, values, strict=True)),
        is_bracketed=is_bracketed,
    )


def _calm_sentence(row: RegionDay, figures: Figures, now: datetime) -> str:
    if row.mark is Level.CLOSED:
        return _("Does not work on this weekday.")
    if row.mark is Level.AHEAD:
        return _("The day begins there in %(time)s.") % {"time": figures.age(row.starts_at - now)}
    length = row.ends_at - row.starts_at
    if length != FULL_DAY:
        return _("The clocks change: a day of %(hours)s hours.") % {
            "hours": round(length / timedelta(hours=1))
        }
    return ""


def _values(numbers: Numbers | None, figures: Figures, *, is_bracketed: bool) -> tuple[str, ...]:
    if numbers is None:
        return (NOTHING,) * 6
    texts = (
        figures.count(numbers.n_received),
        figures.percent(numbers.failed_share),
        figures.percent(numbers.rejected_share),
        figures.percent(numbers.fallback_share),
        figures.latency(numbers.latency_p95_s),
        figures.percent(numbers.positive_share),
    )
    if not is_bracketed:
        return texts
    return tuple(text if text == NOTHING else f"({text})" for text in texts)


def _totals(numbers: Numbers | None, figures: Figures) -> list[tuple[str, str]]:
    """Return names and values; percentiles of regions cannot be added, so p95 is not there."""
    pairs = zip(column_names(), _values(numbers, figures, is_bracketed=False), strict=True)
    return [pair for n, pair in enumerate(pairs) if n != 4]


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


def _tallies(review: ReviewDay) -> list[Tally]:
    marks = Counter(row.mark for row in review.rows)
    return [
        Tally(level.value, GLYPHS[level], _tally(level, marks[level]))
        for level in Level
        if marks[level]
    ]


def _tally(level: Level, n: int) -> str:
    forms = {
        Level.FAILING: ngettext("%(n)s failing", "%(n)s failing", n),
        Level.LOOK: ngettext("%(n)s needs a look", "%(n)s need a look", n),
        Level.STALE: ngettext("%(n)s stale", "%(n)s stale", n),
        Level.UNKNOWN: ngettext("%(n)s unknown", "%(n)s unknown", n),
        Level.CARRIED: ngettext("%(n)s carried by hand", "%(n)s carried by hand", n),
        Level.FINE: ngettext("%(n)s fine", "%(n)s fine", n),
        Level.CLOSED: ngettext("%(n)s closed", "%(n)s closed", n),
        Level.AHEAD: ngettext("%(n)s not begun", "%(n)s not begun", n),
    }
    return forms[level] % {"n": n}


def _title(review: ReviewDay, heading: str) -> str:
    n = len(review.needs_look)
    if not n:
        return heading
    return ngettext("%(n)s needs a look – %(day)s", "%(n)s need a look – %(day)s", n) % {
        "n": n,
        "day": heading,
    }


def _groups(review: ReviewDay, lines: dict[int, Line]) -> list[Group]:
    titled: list[tuple[str, str, Sequence[RegionDay]]] = [
        ("look", _("Needs a look"), review.needs_look),
        ("fine", _("Fine"), review.fine),
        ("closed", _("Closed"), review.closed),
        ("ahead", _("Not begun yet"), review.ahead),
    ]
    return [
        Group(
            key,
            title,
            [lines[row.region.pk] for row in rows],
            is_open=key == "look" or len(rows) <= FOLD_BEYOND,
        )
        for key, title, rows in titled
        if rows
    ]


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


def _banner(blind: Blindness, figures: Figures, now: datetime) -> str:
    if blind.cause is Cause.LOST_TOGETHER:
        return ngettext(
            "%(lost)s of %(links)s link was lost within 10 minutes: the fault is probably ours, "
            "in our collector or its network. We are blind there; these links are unknown.",
            "%(lost)s of %(links)s links were lost within 10 minutes: the fault is probably ours, "
            "in our collector or its network. We are blind there; these links are unknown.",
            len(blind.lost),
        ) % {"lost": len(blind.lost), "links": blind.n_links}
    if blind.cause is Cause.NEVER_COLLECTED:
        return _("Our collector has never run. Start the worker and beat.")
    age = figures.age(now - blind.since) if blind.since else NOTHING
    if blind.cause is Cause.COLLECTOR_SILENT:
        return _(
            "We are blind: our collector has tried no region for %(age)s. "
            "Look at the worker, beat and Redis."
        ) % {"age": age}
    return _(
        "We are blind through SSH: our tunnel keeper has been silent for %(age)s. "
        "Look at its process."
    ) % {"age": age}


def day_name(day: date) -> str:
    """Return a short date for a link: “9 March”."""
    return date_format(day, pgettext("format of a date, see Django's date filter", "j E"))
