"""Collect a region: reach it, check its contract, find the changed hours, replace them.

A bucket (an hour, or a local day's profile) is made anew of the region's rows and replaces ours in
one transaction, read from one snapshot of the region. So late, corrected, moved and deleted rows
come out right, a crash changes nothing, and running twice changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from regions.blame import blame_query
from regions.deadline import hard_deadline
from regions.failures import Failure
from regions.foreign_server import ensure_foreign_server
from regions.localday import day_bounds, local_day
from regions.models import Collection, FailureKind, Region, RegionStatus
from regions.outcome import Depth, Progress, load_standing, record_failure, record_success
from regions.probe import reach_region
from regions.sessions import RegionSession, borrowed_session
from regions.sql import named_statements

# Every run looks at the recent hours, once an hour further back for rows that come late, once a
# day at every kept hour.
RECENT = timedelta(hours=6)
LOOK_BACK, LOOK_BACK_EVERY = timedelta(hours=72), timedelta(hours=1)
KEPT_HOURS, SWEEP_EVERY = timedelta(days=90), timedelta(hours=24)
LOOK_AHEAD = timedelta(hours=2)
WINDOW = timedelta(days=7)
WINDOW_TIMEOUT_S = 90
PROFILE_EVERY = timedelta(hours=1)
LOCK_CLASS = 7_301
UNEXPECTED = "An unexpected error of the collector; the worker's log has it."


class AlreadyCollecting(Exception):
    """Another worker is collecting the region."""


def collect(region: Region, now: datetime, *, is_sweep: bool = False) -> Collection:
    """Bring the region's buckets up to date and return the finished run, also when it failed.

    `is_sweep` checks every kept hour, as otherwise happens once in SWEEP_EVERY. Raises
    AlreadyCollecting when another worker is at it; an error of our own is written down and raised.
    """
    status, paths = load_standing(region)
    try:
        with borrowed_session(region) as session:
            if not _try_lock(session.center, region):
                raise AlreadyCollecting(region.code)
            reached = reach_region(session, region, paths, status.columns_hash)
            ensure_foreign_server(session.center, region, reached)
            progress = _plan(status, now, is_sweep)
            _replace_windows(session, region, progress, now)
            _unlock(session.center, region)
    except AlreadyCollecting:
        raise
    except Failure as failure:
        return record_failure(region, failure, now)
    except psycopg.Error as error:
        return record_failure(region, blame_query(error), now)
    except Exception:
        record_failure(region, Failure(FailureKind.CENTER, UNEXPECTED), now)
        raise
    return record_success(status, reached, progress, now)


def _plan(status: RegionStatus, now: datetime, is_sweep: bool) -> Progress:
    """Return how far this run looks back: always behind the last success."""
    known_as_of, swept_at, looked_back_at = (
        status.last_success_at,
        status.last_sweep_at,
        status.last_look_back_at,
    )
    if is_sweep or known_as_of is None or swept_at is None or swept_at <= now - SWEEP_EVERY:
        oldest = min(now - KEPT_HOURS, (known_as_of or now) - LOOK_BACK)
        oldest_day = local_day(oldest, status.region.zone)
        return Progress(day_bounds(oldest_day, status.region.zone)[0], Depth.SWEEP)
    if looked_back_at is None or looked_back_at <= now - LOOK_BACK_EVERY:
        return Progress(min(now, known_as_of) - LOOK_BACK, Depth.LOOK_BACK)
    return Progress(min(now, known_as_of) - RECENT, Depth.RECENT)


def _replace_windows(
    session: RegionSession, region: Region, progress: Progress, now: datetime
) -> None:
    """Bring one window of hours after the other up to date, each in its own transaction."""
    end = now + LOOK_AHEAD
    start = progress.window_from
    while start < end:
        window = (start, min(start + WINDOW, end))
        with (
            hard_deadline(session.center, WINDOW_TIMEOUT_S, "collecting the changed hours"),
            session.center.transaction(),
        ):
            session.center.execute("SET LOCAL statement_timeout = '60s'")
            _replace_hours(session.center, region, window, progress, now)
            _replace_profiles(session.center, region, window, now)
        start = window[1]
    if progress.depth is Depth.SWEEP:
        progress.n_misdated = _count_misdated(session)


def _replace_hours(
    center: psycopg.Connection[Any],
    region: Region,
    window: tuple[datetime, datetime],
    progress: Progress,
    now: datetime,
) -> None:
    checked = _run(
        center, region, "changed_hours", window_from=window[0], window_to=window[1]
    ).fetchall()
    changed = [(hour, fingerprint) for hour, fingerprint, has_changed in checked if has_changed]
    progress.n_checked += len(checked)
    if not changed:
        return
    hours = [hour for hour, _fingerprint in changed]
    fingerprints = [fingerprint for _hour, fingerprint in changed]
    _run(center, region, "delete_hours", hours=hours)
    inserted = _run(
        center,
        region,
        "insert_hours",
        hours=hours,
        fingerprints=fingerprints,
        zone=region.time_zone,
        now=now,
    ).fetchall()
    if len(inserted) != len(hours):
        raise Failure(
            FailureKind.CONTRACT,
            f"The region's hourly view gave {len(inserted)} of {len(hours)} changed hours.",
        )
    days = sorted({day for day, _n_capped in inserted})
    _run(center, region, "replace_days", days=days, now=now)
    progress.n_replaced += len(hours)
    progress.n_capped += sum(n_capped for _day, n_capped in inserted)


def _replace_profiles(
    center: psycopg.Connection[Any],
    region: Region,
    window: tuple[datetime, datetime],
    now: datetime,
) -> None:
    """Fetch the profiles of changed days; the running day's at most every PROFILE_EVERY."""
    rows = _run(
        center,
        region,
        "days_to_profile",
        day_from=local_day(window[0], region.zone),
        day_to=local_day(window[1], region.zone),
        today=local_day(now, region.zone),
        profiled_before=now - PROFILE_EVERY,
    )
    if days := [day for (day,) in rows]:
        _run(center, region, "delete_profiles", days=days)
        _run(center, region, "insert_profiles", days=days, now=now)


def _count_misdated(session: RegionSession) -> int:
    if session.region is None:
        raise RuntimeError("the region has been reached before its rows are counted")
    with hard_deadline(session.region, WINDOW_TIMEOUT_S, "counting misdated studies"):
        try:
            row = session.region.execute(named_statements("queries.sql")["misdated"]).fetchone()
        except psycopg.Error as error:
            raise blame_query(error, asked_directly=True) from None
    return int(row[0]) if row else 0


def _run(
    center: psycopg.Connection[Any], region: Region, name: str, **params: object
) -> psycopg.Cursor[Any]:
    statement = sql.SQL(named_statements("queries.sql")[name])
    return center.execute(
        statement.format(schema=sql.Identifier(region.foreign_schema)),
        {"region": region.pk, **params},
    )


def _try_lock(center: psycopg.Connection[Any], region: Region) -> bool:
    """Take the region's lock for the session, whose end frees it whatever happens to us."""
    row = center.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK_CLASS, region.pk)).fetchone()
    return bool(row and row[0])


def _unlock(center: psycopg.Connection[Any], region: Region) -> None:
    center.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCK_CLASS, region.pk))
