"""A region's local day on one axis: link, data, collections, new versions.

Places are percentages of the day's length, written for SVG, which then needs no style.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Min, QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.alert_marks import AlertMark
from fleet.review.charts import short
from fleet.review.day import RegionDay
from fleet.review.dayhours import hour_labels
from fleet.review.figures import Figures
from regions.evidence import NO_EVIDENCE, UNREACHED, silent_after
from regions.localday import day_hours
from regions.models import HourlyFlow, HourlyOutput

# Collections nearer to each other than this are one mark.
NARROWEST = timedelta(minutes=6)
LABEL_EVERY = 3
MOST_SENTENCES = 12
OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class Run:
    """One collection, as the pages need it."""

    started_at: datetime
    finished_at: datetime
    failure: str
    sentence: str
    n_hours_checked: int
    n_hours_replaced: int
    path: str


@dataclass(frozen=True, slots=True)
class VersionChange:
    """The first hour in which a pipeline or model answered in a version, after another one."""

    code: str
    version: str
    hour: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the axis; `state` is a class of the style sheet."""

    state: str
    x: str
    width: str
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    state: str
    x: str
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """`label` is empty where there is no room for one; a minor one goes first on a small screen."""

    x: str
    label: str
    is_minor: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    ticks: tuple[Tick, ...]
    link: tuple[Span, ...]
    known: tuple[Span, ...]
    collections: tuple[Mark, ...]
    versions: tuple[Mark, ...]
    alerts: tuple[Mark, ...]
    now: str
    sentences: tuple[str, ...]


def version_changes(region_id: int, starts_at: datetime, ends_at: datetime) -> list[VersionChange]:
    """Return the changes between two moments, oldest first, in one query over the kept hours."""
    seen: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
    pipelines = _first_hours(HourlyFlow, "pipeline", region_id, ends_at)
    models = _first_hours(HourlyOutput, "model", region_id, ends_at)
    for kind, code, version, hour in pipelines.union(models, all=True):
        if version != OTHER:
            seen.setdefault((kind, code), []).append((hour, version))
    changes = {
        VersionChange(code, version, hour)
        for (_kind, code), firsts in seen.items()
        for (before, _old), (hour, version) in pairwise(sorted(firsts))
        if starts_at <= hour and before < hour
    }
    return sorted(changes, key=lambda change: (change.hour, change.code, change.version))


def timeline(
    row: RegionDay,
    runs: Sequence[Run],
    changes: Sequence[VersionChange],
    happened: Sequence[AlertMark],
    now: datetime,
    figures: Figures,
) -> Timeline:
    """Return the day's axis; `runs` are oldest first and may begin before the day."""
    axis = _Axis(row, now, figures)
    spans = _link_spans(axis, runs)
    own = [run for run in runs if row.starts_at <= run.started_at < row.ends_at]
    known = _known(axis)
    versions = [
        Mark("version", axis.place(change.hour), _new_version(change, axis)) for change in changes
    ]
    alerts = [
        Mark("ended" if one.is_end else "began", axis.place(one.at), axis.say(one))
        for one in happened
    ]
    return Timeline(
        ticks=_ticks(axis),
        link=tuple(spans),
        known=known,
        collections=tuple(_marks(axis, own)),
        versions=tuple(versions),
        alerts=tuple(alerts),
        now=axis.place(now) if row.starts_at < now < row.ends_at else "",
        sentences=tuple(_sentences(axis, spans, known, own, versions, alerts)),
    )


class _Axis:
    """Moments of one local day as places and as the region's wall time."""

    def __init__(self, row: RegionDay, now: datetime, figures: Figures) -> None:
        self.row, self.now, self.figures = row, now, figures
        self.starts_at, self.ends_at = row.starts_at, row.ends_at
        self.last = max(min(now, row.ends_at), row.starts_at)
        self.day = row.starts_at.astimezone(row.region.zone).date()

    def share(self, moment: datetime) -> float:
        return (moment - self.starts_at) / (self.ends_at - self.starts_at) * 100

    def place(self, moment: datetime) -> str:
        return f"{min(max(self.share(moment), 0), 100):.2f}%"

    def clock(self, moment: datetime) -> str:
        if moment >= self.ends_at:
            return "24:00"
        return f"{max(moment, self.starts_at).astimezone(self.row.region.zone):%H:%M}"

    def say(self, one: AlertMark) -> str:
        return one.text % {"time": self.clock(one.at)}

    def span(self, state: str, begins: datetime, ends: datetime, text: str) -> Span:
        words = {"from": self.clock(begins), "to": self.clock(ends)}
        width = f"{max(self.share(ends) - self.share(begins), 0.1):.2f}%"
        return Span(state, self.place(begins), width, text % words)


def _first_hours(
    model: type[HourlyFlow] | type[HourlyOutput], kind: str, region_id: int, ends_at: datetime
) -> QuerySet[Any, Any]:
    hours = model._default_manager.filter(region=region_id, hour__lt=ends_at).order_by()
    named = hours.values_list(Value(kind), f"{kind}_code", f"{kind}_version")
    return named.annotate(first=Min("hour"))


def _ticks(axis: _Axis) -> tuple[Tick, ...]:
    zone = axis.row.region.zone
    starts = day_hours(axis.day, zone)
    labels = hour_labels(starts, zone)
    local = {start: start.astimezone(zone).hour for start in starts}
    return tuple(
        Tick(
            axis.place(start),
            labels[start] if hour % LABEL_EVERY == 0 else "",
            is_minor=hour % (2 * LABEL_EVERY) != 0,
        )
        for start, hour in local.items()
    )


def _link_spans(axis: _Axis, runs: Sequence[Run]) -> list[Span]:
    """Return open, closed and unknown stretches from the day's start to its end or now.

    A run speaks until the next one, or until it is too old to be evidence.
    """
    words = {
        "open": _("Link open from %(from)s to %(to)s."),
        "closed": _("Link closed from %(from)s to %(to)s."),
        "unknown": _("Link unknown from %(from)s to %(to)s."),
    }
    longest = silent_after(axis.row.region.collect_every)
    stretches: list[tuple[str, datetime, datetime]] = []
    at = axis.starts_at
    for n, run in enumerate(runs):
        until = runs[n + 1].started_at if n + 1 < len(runs) else axis.last
        begins, ends = max(run.started_at, at), min(until, run.started_at + longest, axis.last)
        if ends <= begins:
            continue
        if begins > at:
            stretches.append(("unknown", at, begins))
        stretches.append((_link_state(run), begins, ends))
        at = ends
    if at < axis.last:
        stretches.append(("unknown", at, axis.last))
    return [
        axis.span(state, begins, ends, words[state]) for state, begins, ends in _joined(stretches)
    ]


def _link_state(run: Run) -> str:
    if run.failure in NO_EVIDENCE:
        return "unknown"
    return "closed" if run.failure in UNREACHED else "open"


def _joined(
    stretches: Iterable[tuple[str, datetime, datetime]],
) -> list[tuple[str, datetime, datetime]]:
    joined: list[tuple[str, datetime, datetime]] = []
    for state, begins, ends in stretches:
        if joined and joined[-1][0] == state:
            joined[-1] = (state, joined[-1][1], ends)
        else:
            joined.append((state, begins, ends))
    return joined


def _known(axis: _Axis) -> tuple[Span, ...]:
    """Return up to when the day's rows are known, and the stretch of which nothing is."""
    known = axis.row.known_as_of
    until = min(max(known, axis.starts_at), axis.last) if known else axis.starts_at
    spans = []
    if until > axis.starts_at:
        text = _("Data are known from %(from)s to %(to)s.")
        spans.append(axis.span("known", axis.starts_at, until, text))
    if axis.last - until > axis.row.region.late_after:
        text = _("Data are missing from %(from)s to %(to)s.")
        spans.append(axis.span("missing", until, axis.last, text))
    return tuple(spans)


def _marks(axis: _Axis, runs: Sequence[Run]) -> list[Mark]:
    """Return a mark for each collection, or for those that stand on each other; a failure among
    them shows."""
    marks: list[Mark] = []
    group: list[Run] = []
    for run in runs:
        if group and run.started_at - group[0].started_at >= NARROWEST:
            marks.append(_mark(axis, group))
            group = []
        group.append(run)
    return [*marks, _mark(axis, group)] if group else marks


def _mark(axis: _Axis, group: Sequence[Run]) -> Mark:
    n_failed = sum(bool(run.failure) for run in group)
    text = ngettext(
        "%(time)s: %(n)s collection, failed: %(failed)s",
        "%(time)s: %(n)s collections, failed: %(failed)s",
        len(group),
    ) % {"time": axis.clock(group[0].started_at), "n": len(group), "failed": n_failed}
    return Mark("failed" if n_failed else "succeeded", axis.place(group[0].started_at), text)


def _new_version(change: VersionChange, axis: _Axis) -> str:
    return _("New version from %(time)s: %(code)s %(version)s.") % {
        "time": axis.clock(change.hour),
        "code": short(change.code),
        "version": short(change.version),
    }


def _sentences(
    axis: _Axis,
    link: Sequence[Span],
    known: Sequence[Span],
    own: Sequence[Run],
    versions: Sequence[Mark],
    alerts: Sequence[Mark],
) -> Iterable[str]:
    """Yield what the picture shows, for those who read."""
    troubles = [span.text for span in link if span.state != "open"]
    if link and not troubles:
        yield _("Link open all the time.")
    yield from troubles[:MOST_SENTENCES]
    if n_more := len(troubles[MOST_SENTENCES:]):
        yield ngettext(
            "The link changed %(n)s time more.", "The link changed %(n)s times more.", n_more
        ) % {"n": n_more}
    yield from (span.text for span in known)
    yield pgettext("timeline", "Collections: %(n)s, failed: %(failed)s.") % {
        "n": axis.figures.count(len(own)),
        "failed": axis.figures.count(sum(bool(run.failure) for run in own)),
    }
    yield from (mark.text for mark in versions[:MOST_SENTENCES])
    if not versions:
        yield _("No new version of a pipeline or model.")
    yield from (mark.text for mark in alerts[:MOST_SENTENCES])
