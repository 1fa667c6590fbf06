"""Write down how a collection ended: its row, and where the region stands now.

The buckets are committed before. Should the process die in between, the region merely looks older
than it is and the next collection looks back further.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

import psycopg
from django.db import connection, transaction
from psycopg.rows import dict_row

from fleet.clock import now as read_clock
from regions.contract import Facts
from regions.failures import Failure
from regions.models import AccessPath, Collection, Region, RegionStatus
from regions.sql import named_statements

LOCK_CLASS = 7_301
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=15)
RUN = (
    *("started_at", "finished_at", "window_from", "n_hours_checked", "n_hours_replaced"),
    "sentence",
)
FACTS = ("minor", "server_version", "columns_hash", "clock_skew_s", "latest_received_at")


class Depth(IntEnum):
    """How far back a run looks: each depth includes the ones before it."""

    RECENT = 1
    LOOK_BACK = 2
    SWEEP = 3


@dataclass
class Progress:
    """What one collection has done so far. `n_misdated` is None when it was not counted."""

    window_from: datetime
    depth: Depth
    n_checked: int = 0
    n_replaced: int = 0
    n_capped: int = 0
    n_misdated: int | None = None


def give_back_connection() -> None:
    """Return this thread's connection to Django's pool, which is small, while regions are slow."""
    if not connection.in_atomic_block:
        connection.close()


@dataclass(frozen=True)
class Standing:
    """How the region's last collections ended. `paths` are the enabled ones, in their order."""

    paths: list[AccessPath]
    last_success_at: datetime | None
    last_sweep_at: datetime | None
    last_look_back_at: datetime | None
    path_id: int | None
    columns_hash: str
    n_failures: int

    @property
    def known_way(self) -> AccessPath | None:
        """The path that worked last time, if it is the first and nothing has failed since."""
        first = self.paths[0] if self.paths else None
        is_known = first and first.pk == self.path_id and self.columns_hash and not self.n_failures
        return first if is_known else None


def lock_region(center: psycopg.Connection[Any], region: Region) -> Standing | None:
    """Return where the region stands, which is now ours; None when another session collects it."""
    row = _standing(center, region, LOCK_CLASS)
    return Standing(**row) if row.pop("is_ours") else None


def load_standing(center: psycopg.Connection[Any], region: Region) -> Standing:
    """Return where the region stands, read over the collector's own connection."""
    row = _standing(center, region, None)
    del row["is_ours"]
    return Standing(**row)


def _standing(
    center: psycopg.Connection[Any], region: Region, lock_class: int | None
) -> dict[str, Any]:
    statement = named_statements("queries.sql")["standing"]
    with center.cursor(row_factory=dict_row) as cursor:
        params = {"region": region.pk, "lock_class": lock_class}
        (row,) = cursor.execute(statement, params).fetchall()
    return row | {"paths": [AccessPath(region=region, **path) for path in row["paths"]]}


def record_success(
    center: psycopg.Connection[Any],
    region: Region,
    path: AccessPath,
    facts: Facts,
    progress: Progress,
    started_at: datetime,
) -> Collection:
    """Unlock the region and return the finished run; its rows are known as of `started_at`."""
    run = Collection(
        region=region,
        path=path,
        started_at=started_at,
        finished_at=read_clock(),
        window_from=progress.window_from,
        n_hours_checked=progress.n_checked,
        n_hours_replaced=progress.n_replaced,
        sentence=_say_capped(progress.n_capped),
    )
    row = center.execute(
        named_statements("queries.sql")["record_success"],
        {
            **{name: getattr(run, name) for name in RUN},
            **{name: getattr(facts, name) for name in FACTS},
            "region": region.pk,
            "lock_class": LOCK_CLASS,
            "path": path.pk,
            "next_due_at": started_at + region.collect_every * random.uniform(0.9, 1.1),
            "provides": ",".join(facts.provides),
            "looked_back_at": started_at if progress.depth >= Depth.LOOK_BACK else None,
            "swept_at": started_at if progress.depth >= Depth.SWEEP else None,
            "n_misdated": progress.n_misdated,
            "n_capped": progress.n_capped if progress.n_replaced else None,
        },
    ).fetchone()
    run.pk = row[0] if row else None
    return run


def _say_capped(n_capped: int) -> str:
    if not n_capped:
        return ""
    return f"{n_capped} distinct values over the contract's cap count as “(other)”."


def record_failure(region: Region, failure: Failure, started_at: datetime) -> Collection:
    """Return the failed run; the next one waits twice as long as the last, up to a limit."""
    try:
        return _record_failure(region, failure, started_at)
    finally:
        give_back_connection()


@transaction.atomic
def _record_failure(region: Region, failure: Failure, started_at: datetime) -> Collection:
    status, _created = RegionStatus.objects.select_for_update().get_or_create(region=region)
    status.last_attempt_at = started_at
    status.failing_since = status.failing_since or started_at
    status.n_failures += 1
    wait = min(FIRST_RETRY * 2 ** min(status.n_failures - 1, 10), LONGEST_RETRY)
    status.next_due_at = started_at + wait * random.uniform(0.9, 1.1)
    status.queued_at = None
    status.failure = failure.kind
    status.sentence = failure.sentence[:500]
    status.save()
    return Collection.objects.create(
        region=region,
        started_at=started_at,
        finished_at=read_clock(),
        failure=failure.kind,
        sentence=failure.sentence[:500],
    )
