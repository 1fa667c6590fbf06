"""How a region is reached and what it shows: collections, access paths, contract, limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.charts import Table, table
from fleet.review.day import RegionDay
from fleet.review.figures import NOTHING, Figures
from fleet.review.links import KEEPER_SILENT_AFTER
from fleet.review.timeline import Run
from regions.contract import MAJOR, REQUIRED_VIEWS, ROW_VIEWS
from regions.evidence import silent_after
from regions.models import AccessPath, Collection, FailureKind, RegionStatus, TunnelState
from regions.models.region import Level

MOST_RUNS = 20


@dataclass(frozen=True, slots=True)
class PathLine:
    """One way in. `sentence` is what the keeper said of its failure: show it as text."""

    name: str
    state: str
    word: str
    since: str
    is_used: bool
    keys: str
    failure: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RunLine:
    started: str
    duration: str
    path: str
    hours: str
    outcome: str
    is_failed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class View:
    """A row view of the contract and whether the region gives it."""

    name: str
    is_provided: bool
    is_required: bool


@dataclass(frozen=True, slots=True)
class Contract:
    facts: Table
    views: tuple[View, ...]


def runs_of(row: RegionDay) -> list[Run]:
    """Return the collections of the region's day and those shortly before it, oldest first."""
    begins = row.starts_at - silent_after(row.region.collect_every)
    rows = Collection.objects.filter(
        region=row.region.pk, started_at__gte=begins, started_at__lt=row.ends_at
    )
    names = (
        *("started_at", "finished_at", "failure", "sentence"),
        *("n_hours_checked", "n_hours_replaced"),
    )
    return [
        Run(**found, path=f"{position} · {_kind(kind)}" if position else "")
        for found in rows.order_by("started_at").values(
            *names, position=F("path__position"), kind=F("path__kind")
        )
        for position, kind in [(found.pop("position"), found.pop("kind"))]
    ]


def run_lines(row: RegionDay, runs: Sequence[Run], figures: Figures) -> list[RunLine]:
    """Return the last collections of the day, and all that failed, newest first.

    Those that failed alike one after another are one line.
    """
    own = [run for run in reversed(runs) if run.started_at >= row.starts_at]
    groups: list[list[Run]] = []
    for n, run in enumerate(own):
        last = own[n - 1] if n else None
        if run.failure and last and (last.failure, last.sentence) == (run.failure, run.sentence):
            groups[-1].append(run)
        elif n < MOST_RUNS or run.failure:
            groups.append([run])
    return [_run_line(row, group, figures) for group in groups[: 3 * MOST_RUNS]]


def paths_of(
    row: RegionDay, status: RegionStatus | None, now: datetime, figures: Figures
) -> list[PathLine]:
    """Return the region's paths in their order, in one query that reads no key and no password."""
    paths = (
        AccessPath.objects.filter(region=row.region.pk)
        .order_by("position")
        .annotate(n_hops=Count("hops"), n_pinned=Count("hops", filter=~Q(hops__host_key="")))
        .values(
            *("pk", "position", "kind", "is_enabled", "n_hops", "n_pinned"),
            *("tunnel__state", "tunnel__since", "tunnel__seen_at"),
            *("tunnel__failure", "tunnel__sentence"),
        )
    )
    used = status.path_id if status is not None and not status.failure else None
    return [_path_line(path, used, now, figures) for path in paths]


def contract_of(status: RegionStatus | None, row: RegionDay, figures: Figures) -> Contract:
    """Return what the region showed at its last successful collection."""
    given = provided(status)
    facts = _contract_facts(status, row, figures) if status is not None else []
    return Contract(
        table(_("Contract"), (_("What"), _("Value")), facts),
        tuple(View(name, name in given, name in REQUIRED_VIEWS) for name in ROW_VIEWS),
    )


def limits_of(row: RegionDay, figures: Figures) -> Table:
    """Return how the region is configured here."""
    region = row.region
    weekdays = {1: _("Mon"), 2: _("Tue"), 3: _("Wed"), 4: _("Thu"), 5: _("Fri"), 6: _("Sat")}
    weekdays[7] = _("Sun")
    calendar = region.calendar
    rows = [
        (_("Time zone"), region.time_zone),
        (_("Level"), str(Level(region.level).label)),
        (_("Works on"), ", ".join(weekdays[int(n)] for n in calendar.open_weekdays) or NOTHING),
        (_("Holidays of"), calendar.country or NOTHING),
        (_("Collected every"), figures.age(region.collect_every)),
        (_("Data are late after"), figures.age(region.late_after)),
        (_("Data are stale after"), figures.age(region.stale_after)),
    ]
    return table(_("Limits"), (_("What"), _("Value")), rows)


def provided(status: RegionStatus | None) -> frozenset[str]:
    """Return the row views that the region gives; none before its first collection."""
    text = status.provides if status is not None else ""
    return frozenset(name for name in text.split(",") if name)


def _run_line(row: RegionDay, group: Sequence[Run], figures: Figures) -> RunLine:
    run, first = group[0], group[-1]
    clocks = [f"{at.started_at.astimezone(row.region.zone):%H:%M:%S}" for at in (first, run)]
    longest = max((one.finished_at - one.started_at).total_seconds() for one in group)
    hours = _("%(replaced)s of %(checked)s") % {
        "replaced": figures.count(run.n_hours_replaced),
        "checked": figures.count(run.n_hours_checked),
    }
    outcome = _failure(run.failure) if run.failure else pgettext("collection", "succeeded")
    return RunLine(
        started=" – ".join(dict.fromkeys(clocks)),
        duration=figures.latency(longest),
        path=run.path or NOTHING,
        hours=NOTHING if run.failure else hours,
        outcome=f"{outcome}, ×{len(group)}" if len(group) > 1 else outcome,
        is_failed=bool(run.failure),
        sentence=run.sentence,
    )


def _path_line(path: dict[str, Any], used: int | None, now: datetime, figures: Figures) -> PathLine:
    state, word = _path_state(path, now)
    since = path["tunnel__since"]
    is_dated = state in {"open", "closed", "opening"} and since is not None
    return PathLine(
        name=f"{path['position']} · {_kind(path['kind'])}",
        state=state,
        word=word,
        since=figures.age(now - since) if is_dated else NOTHING,
        is_used=path["pk"] == used,
        keys=_keys(path),
        failure=_failure(path["tunnel__failure"]) if path["tunnel__failure"] else "",
        sentence=path["tunnel__sentence"] or "",
    )


def _path_state(path: dict[str, Any], now: datetime) -> tuple[str, str]:
    if not path["is_enabled"]:
        return "off", pgettext("access path", "switched off")
    seen_at = path["tunnel__seen_at"]
    if seen_at is None:
        return "unknown", pgettext("access path", "the keeper has not spoken of it")
    if now - seen_at > KEEPER_SILENT_AFTER:
        return "unknown", pgettext("access path", "the keeper is silent")
    words = {
        TunnelState.State.OPEN: pgettext("access path", "open"),
        TunnelState.State.OPENING: pgettext("access path", "opening"),
        TunnelState.State.CLOSED: pgettext("access path", "closed"),
    }
    state = TunnelState.State(path["tunnel__state"])
    return state.value, words[state]


def _keys(path: dict[str, Any]) -> str:
    if path["kind"] != AccessPath.Kind.SSH:
        return _("no SSH")
    if not path["n_hops"]:
        return _("no SSH hop: add one")
    if path["n_pinned"] == path["n_hops"]:
        return ngettext("pinned (%(n)s hop)", "pinned (%(n)s hops)", path["n_hops"]) % {
            "n": path["n_hops"]
        }
    return _("not pinned")


def _contract_facts(
    status: RegionStatus, row: RegionDay, figures: Figures
) -> list[tuple[str, str]]:
    def moment(value: datetime | None) -> str:
        if value is None:
            return NOTHING
        local = value.astimezone(row.region.zone)
        return f"{local:%Y-%m-%d %H:%M}"

    minor, server = status.contract_minor, status.server_version
    skew = status.clock_skew_s
    return [
        (_("Contract version"), f"{MAJOR}.{minor}" if minor is not None else NOTHING),
        (_("PostgreSQL"), f"{server // 10000}.{server % 10000}" if server else NOTHING),
        (
            _("Clock, ahead of ours"),
            NOTHING
            if skew is None
            else _("%(n)s s") % {"n": f"{skew:.1f}".replace(".", figures.decimal)},
        ),
        (_("Latest study received"), moment(status.latest_received_at)),
        (_("Known as of"), moment(status.last_success_at)),
        (_("Last check of every kept hour"), moment(status.last_sweep_at)),
        (_("Last look for late rows"), moment(status.last_look_back_at)),
        (_("Studies with an impossible date"), figures.count(status.n_misdated)),
        (_("Values over the contract's cap"), figures.count(status.n_capped)),
    ]


def _kind(kind: str) -> str:
    return str(AccessPath.Kind(kind).label)


def _failure(kind: str) -> str:
    return str(FailureKind(kind).label) if kind in FailureKind.values else kind
