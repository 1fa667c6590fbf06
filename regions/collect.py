"""Collect a region: reach it, check its contract, find the changed hours, replace them.

A bucket (an hour, or a local day's profile) is made anew of the region's rows, read from one
snapshot of the region, and replaces ours in one transaction. So late, corrected, moved and deleted
rows come out right, a crash leaves no half a bucket, and running twice changes nothing.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from fleet.clock import now as read_clock
from regions.blame import blame_query
from regions.contract import Facts
from regions.deadline import hard_deadline
from regions.failures import Failure
from regions.foreign_server import ensure_foreign_server
from regions.localday import HOUR, day_bounds, local_day
from regions.models import AccessPath, Collection, FailureKind, Region
from regions.outcome import (
    Depth,
    Progress,
    Standing,
    give_back_connection,
    lock_region,
    record_failure,
    record_success,
)
from regions.probe import check_facts, facts_of, reach_region
from regions.sessions import RegionSession, borrowed_session
from regions.sql import named_statements

# Every run looks at the recent hours, once an hour further back for rows that come late, once a
# day at every kept hour.
RECENT = timedelta(hours=6)
LOOK_BACK, LOOK_BACK_EVERY = timedelta(hours=72), timedelta(hours=1)
KEPT_HOURS, SWEEP_EVERY = timedelta(days=90), timedelta(hours=24)
LOOK_AHEAD = timedelta(hours=2)
WINDOW_HOURS = 7 * 24
WINDOW_TIMEOUT_S = 90
PROFILE_EVERY = timedelta(hours=1)
BUCKET = (
    "hour",
    "fingerprint",
    "n_received",
    "n_filtered",
    "n_capped",
    "flow",
    "outputs",
    "causes",
)
Window = tuple[datetime, datetime]
UNEXPECTED = "An unexpected error of the collector; the worker's log has it."


class AlreadyCollecting(Exception):
    """Another worker is collecting the region."""


def collect(region: Region, now: datetime, *, is_sweep: bool = False) -> Collection:
    """Bring the region's buckets up to date and return the finished run, also when it failed.

    `is_sweep` checks every kept hour, as otherwise happens once in SWEEP_EVERY. Raises
    AlreadyCollecting when another worker is at it; an error of our own is written down and raised.
    """
    give_back_connection()
    try:
        with borrowed_session(region) as session:
            standing = lock_region(session.center, region)
            if standing is None:
                raise AlreadyCollecting(region.code)
            return _bring_in(session, region, standing, now, is_sweep)
    except AlreadyCollecting:
        raise
    except Failure as failure:
        return record_failure(region, failure, now)
    except psycopg.Error as error:
        return record_failure(region, blame_query(error), now)
    except Exception:
        record_failure(region, Failure(FailureKind.CENTER, UNEXPECTED), now)
        raise


def _bring_in(
    session: RegionSession, region: Region, standing: Standing, now: datetime, is_sweep: bool
) -> Collection:
    """Go the known way; where that is none, or fails, ask the region directly first.

    Asking costs a connection and a round trip, finds the path that works and says in one sentence
    what is wrong. A daily sweep always asks.
    """
    progress = _plan(region, standing, now, is_sweep)
    if standing.known_way and progress.depth is not Depth.SWEEP:
        try:
            return _go(session, region, standing.known_way, standing.columns_hash, progress, now)
        except (Failure, psycopg.Error):
            if session.center.closed:
                raise
            session.forget_region()
            progress = _plan(region, standing, now, is_sweep)
    path, columns_hash = reach_region(session, region, standing.paths, standing.columns_hash)
    run = _go(session, region, path, columns_hash, progress, now)
    # The foreign tables' connection stays; a region need not hold two for each of our workers.
    session.leave()
    return run


def _go(
    session: RegionSession,
    region: Region,
    path: AccessPath,
    columns_hash: str,
    progress: Progress,
    now: datetime,
) -> Collection:
    ensure_foreign_server(session, region, path)
    facts = _replace_windows(session, region, columns_hash, progress, now)
    return record_success(session.center, region, path, facts, progress, now)


def _plan(region: Region, standing: Standing, now: datetime, is_sweep: bool) -> Progress:
    """Return how far this run looks back: always behind the last success."""
    known_as_of, swept_at, looked_back_at = (
        standing.last_success_at,
        standing.last_sweep_at,
        standing.last_look_back_at,
    )
    if is_sweep or known_as_of is None or swept_at is None or swept_at <= now - SWEEP_EVERY:
        oldest = min(now - KEPT_HOURS, (known_as_of or now) - LOOK_BACK)
        oldest_day = local_day(oldest, region.zone)
        return Progress(day_bounds(oldest_day, region.zone)[0], Depth.SWEEP)
    if looked_back_at is None or looked_back_at <= now - LOOK_BACK_EVERY:
        return Progress(min(now, known_as_of) - LOOK_BACK, Depth.LOOK_BACK)
    return Progress(min(now, known_as_of) - RECENT, Depth.RECENT)


def _replace_windows(
    session: RegionSession, region: Region, columns_hash: str, progress: Progress, now: datetime
) -> Facts:
    """Bring one window of hours after the other up to date, each in its own transaction.

    A window is read in one question, and so from one snapshot of the region. Returns what the
    region said of itself in the last one.
    """
    end = now + LOOK_AHEAD
    start = progress.window_from
    while True:
        n_hours = min(math.ceil((end - start) / HOUR), WINDOW_HOURS)
        window = (start, start + n_hours * HOUR)
        with hard_deadline(session.center, WINDOW_TIMEOUT_S, "collecting the changed hours"):
            facts, changed = _ask(session.center, region, start, n_hours)
            check_facts(region, facts, columns_hash)
            progress.n_checked += n_hours
            _replace(session.center, region, window, changed, progress, now)
        start = window[1]
        if start >= end:
            break
    if progress.depth is Depth.SWEEP:
        progress.n_misdated = _count_misdated(session)
    return facts


def _ask(
    center: psycopg.Connection[Any], region: Region, start: datetime, n_hours: int
) -> tuple[Facts, list[dict[str, Any]]]:
    """Return the region's facts, and the hours of which our buckets are of other rows.

    Of so many hours, from the one that holds `start`: the region knows when its hours begin.
    """
    hour_before = start - HOUR
    sent_at = read_clock()
    with center.cursor(row_factory=dict_row) as cursor:
        rows = _run(
            cursor,
            region,
            "changed_hours",
            hour_before=hour_before,
            window_from=start,
            window_to=start + n_hours * HOUR,
            n_hours=n_hours,
            day_before=_utc_day(hour_before),
            day_from=_utc_day(start),
        ).fetchall()
    facts = next((row for row in rows if row["hour"] is None), None)
    return facts_of(facts, sent_at), [row for row in rows if row["hour"]]


def _replace(
    center: psycopg.Connection[Any],
    region: Region,
    window: Window,
    changed: list[dict[str, Any]],
    progress: Progress,
    now: datetime,
) -> None:
    """Replace the changed hours and their days; then the profiles of the window's changed days.

    The running day's profile at most every PROFILE_EVERY. A profile may be of later rows than its
    day says: then the day's next change brings it again.
    """
    rows = _run(
        center,
        region,
        "replace_hours",
        **{name: [row[name] for row in changed] for name in BUCKET},
        zone=region.time_zone,
        now=now,
        day_from=local_day(window[0], region.zone),
        day_to=local_day(window[1], region.zone),
        today=local_day(now, region.zone),
        profiled_before=now - PROFILE_EVERY,
    )
    if days := [day for (day,) in rows]:
        with center.transaction():
            _run(center, region, "delete_profiles", days=days)
            _run(center, region, "insert_profiles", days=days, now=now)
    progress.n_replaced += len(changed)
    progress.n_capped += sum(row["n_capped"] for row in changed)


def _count_misdated(session: RegionSession) -> int:
    if session.region is None:
        raise RuntimeError("the region has been reached before its rows are counted")
    with hard_deadline(session.region, WINDOW_TIMEOUT_S, "counting misdated studies"):
        try:
            row = session.region.execute(named_statements("queries.sql")["misdated"]).fetchone()
        except psycopg.Error as error:
            raise blame_query(error, asked_directly=True) from None
    return int(row[0]) if row else 0


def _utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _run(
    center: psycopg.Connection[Any] | psycopg.Cursor[Any],
    region: Region,
    name: str,
    **params: object,
) -> psycopg.Cursor[Any]:
    statement = sql.SQL(named_statements("queries.sql")[name])
    return center.execute(
        statement.format(schema=sql.Identifier(region.foreign_schema)),
        {"region": region.pk, **params},
    )
