"""Prune what is kept only for a while: hours, and the runs of the collector."""

from __future__ import annotations

from datetime import datetime, timedelta

from regions.collect import KEPT_HOURS
from regions.models import Collection, HourlyCause, HourlyFlow, HourlyOutput, HourlyRollup

# A sweep begins with the local day in which KEPT_HOURS ago lies: all its hours must be there.
SLACK = timedelta(days=2)


def prune(now: datetime) -> int:
    """Delete hours and collections older than KEPT_HOURS; return the number of rows.

    Days are kept for years.
    """
    oldest = now - KEPT_HOURS - SLACK
    n_rows = Collection.objects.filter(started_at__lt=oldest).delete()[0]
    for model in (HourlyFlow, HourlyOutput, HourlyCause, HourlyRollup):
        n_rows += model.objects.filter(hour__lt=oldest).delete()[0]
    return n_rows
