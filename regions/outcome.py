"""Write down how a collection ended: its row, and where the region stands now.

The buckets are committed before. Should the process die in between, the region merely looks older
than it is and the next collection looks back further.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.db import connection, transaction

from fleet.clock import now as read_clock
from regions.failures import Failure
from regions.models import AccessPath, Collection, Region, RegionStatus
from regions.probe import Reached

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=15)


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


@contextmanager
def _briefly_connected() -> Iterator[None]:
    """Give Django's connection back at once: the pool is small and regions are slow."""
    try:
        yield
    finally:
        if not connection.in_atomic_block:
            connection.close()


@_briefly_connected()
def load_standing(region: Region) -> tuple[RegionStatus, list[AccessPath]]:
    """Return where the region stands and its enabled paths, with what the keeper says of each."""
    status = RegionStatus.objects.filter(region=region).first() or RegionStatus(region=region)
    # Else the first look at it would take a pooled connection, and hold it while the region works.
    status.region = region
    paths = AccessPath.objects.filter(region=region, is_enabled=True)
    return status, list(paths.select_related("region", "tunnel"))


@_briefly_connected()
@transaction.atomic
def record_success(
    status: RegionStatus, reached: Reached, progress: Progress, started_at: datetime
) -> Collection:
    """Return the finished run; the region's rows are known as of `started_at`."""
    facts = reached.facts
    status.path = reached.path
    status.last_attempt_at = status.last_success_at = started_at
    status.next_due_at = started_at + status.region.collect_every * random.uniform(0.9, 1.1)
    status.queued_at = status.failing_since = None
    status.n_failures = 0
    status.failure = status.sentence = ""
    status.provides = ",".join(facts.provides)
    status.contract_minor = facts.minor
    status.server_version = facts.server_version
    status.columns_hash = facts.columns_hash
    status.clock_skew_s = facts.clock_skew_s
    status.latest_received_at = facts.latest_received_at
    if progress.depth >= Depth.LOOK_BACK:
        status.last_look_back_at = started_at
    if progress.depth >= Depth.SWEEP:
        status.last_sweep_at = started_at
    if progress.n_misdated is not None:
        status.n_misdated = progress.n_misdated
    if progress.n_replaced:
        status.n_capped = progress.n_capped
    status.save()
    return Collection.objects.create(
        region=status.region,
        path=reached.path,
        started_at=started_at,
        finished_at=read_clock(),
        window_from=progress.window_from,
        n_hours_checked=progress.n_checked,
        n_hours_replaced=progress.n_replaced,
        sentence=_say_capped(progress.n_capped),
    )


def _say_capped(n_capped: int) -> str:
    if not n_capped:
        return ""
    return f"{n_capped} distinct values over the contract's cap count as “(other)”."


@_briefly_connected()
@transaction.atomic
def record_failure(region: Region, failure: Failure, started_at: datetime) -> Collection:
    """Return the failed run; the next one waits twice as long as the last, up to a limit."""
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
