"""Which regions are due for a collection, and in which lane."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from regions.models import Region, RegionStatus

# A planned collection that nobody has begun by then was lost with its queue, and is planned anew.
LOST_AFTER = timedelta(minutes=10)


def due_regions(now: datetime) -> list[tuple[str, bool]]:
    """Return (code, whether it failed last time) of the regions to collect now, and mark them.

    Marking is a conditional update, so that two planners never plan a region twice.
    """
    unmarked = Region.objects.filter(status=None, is_active=True)
    RegionStatus.objects.bulk_create(
        [RegionStatus(region=region) for region in unmarked], ignore_conflicts=True
    )
    is_free = Q(queued_at=None) | Q(queued_at__lt=now - LOST_AFTER)
    is_due = Q(next_due_at=None) | Q(next_due_at__lte=now)
    candidates = (
        RegionStatus.objects.filter(
            is_free, is_due, region__is_active=True, region__paths__is_enabled=True
        )
        .select_related("region")
        .distinct()
        .order_by("next_due_at")
    )
    return [
        (status.region.code, status.n_failures > 0)
        for status in candidates
        if RegionStatus.objects.filter(is_free, pk=status.pk).update(queued_at=now)
    ]
