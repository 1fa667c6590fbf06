"""Hand findings to the lifecycle, each window once, and end what is evidently over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import clear, find, is_frozen
from fleet.alerts.models import Alert, Finding
from regions.localday import local_day

_KEY = ("region_id", "kind", "service", "version", "attribute", "begins_at", "span")


def report(
    findings: Sequence[Finding],
    now: datetime,
    n_on_version: Mapping[tuple[str, str], int] | None = None,
) -> int:
    """Give the lifecycle what it does not know yet, and return how many that were.

    `n_on_version` tells how many regions run a (service, version). One query when nothing is new.
    """
    if not findings:
        return 0
    frozen = is_frozen()
    n = 0
    for one in _new(findings):
        if frozen and not KINDS[one.kind].is_link:
            continue
        n_regions = (n_on_version or {}).get((one.service, one.version))
        n += find(one, now, n_on_version=n_regions) is not None
    return n


def keep(findings: Sequence[Finding], now: datetime) -> int:
    """Store findings of days long past, which open no alert; return how many were not known."""
    new = _new(findings) if findings else []
    for one in new:
        one.found_at = now
    Finding.objects.bulk_create(new)
    return len(new)


def _new(findings: Sequence[Finding]) -> list[Finding]:
    known = set(
        Finding.objects.filter(
            region__in={one.region_id for one in findings},
            begins_at__in={one.begins_at for one in findings},
        ).values_list(*_KEY)
    )
    return [one for one in findings if tuple(getattr(one, name) for name in _KEY) not in known]


def end(family: Family, fine: Iterable[int], now: datetime) -> int:
    """Clear the standing alerts of a family in the regions that are fine; return how many."""
    standing = Alert.objects.filter(
        family=family, resolved_at=None, region__in=list(fine)
    ).select_related("region")
    n = 0
    for alert in standing:
        if alert.region is None:
            continue
        day = local_day(now, alert.region.zone)
        about = {"service": alert.service, "version": alert.version}
        n += clear(alert.region, family, day, now, **about) is not None
    return n
