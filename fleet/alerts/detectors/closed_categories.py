"""Values that came in on a closed day and hardly ever before: a new scanner, a new sender."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from django.db.models import Min, Q, QuerySet, Sum, Value

from fleet.alerts.detectors.watched import Watched
from fleet.alerts.kinds.kind import Family
from fleet.alerts.models import Finding
from fleet.alerts.new_normal import restarts
from regions.attributes import DEVICE_MODEL
from regions.drift.categories import LEAST_SHARE, WINDOWS, new_values
from regions.drift.verdicts import Verdict
from regions.models import DailyCategory

DAY = timedelta(days=1)
LEARNING_DAYS = 14
# Device models are no attribute of their own: every study is counted once in each attribute, by its
# device, so one that none lacks counts them.
COUNTED_IN = "modality"
# A device without a name, and those beyond what a day holds.
NO_DEVICES = ("", "(other)")
# As far back as is kept: a rare scanner that returns after weeks is not new.
PAST_DAYS = 365


def never_seen(regions: Sequence[Watched], day: date) -> list[Finding]:
    """Return one finding for each attribute with new values; they are named in its detail.

    A day is looked at by itself and, for values that come in slowly, with the six before it. Score
    and limit are the share of the studies. Fourteen days must be known before.
    """
    ids = [one.id for one in regions]
    kept = DailyCategory.objects.filter(
        region__in=ids, day__lte=day, day__gte=day - PAST_DAYS * DAY
    )
    first = dict(kept.values_list("region_id").annotate(Min("day")).order_by())
    known = [region for region, then in first.items() if then <= day - LEARNING_DAYS * DAY]
    counts = {"total": Sum("n")}
    for days in WINDOWS:
        counts[f"last_{days}"] = Sum("n", filter=Q(day__gt=day - days * DAY), default=0)
    rows = sorted(
        row
        for values in _values(kept.filter(region__in=known))
        for row in values.annotate(**counts).order_by()
    )
    series: dict[tuple[int, str], int] = {}
    places = [series.setdefault((region, attribute), len(series)) for region, attribute, *_ in rows]
    of_rows = np.array([row[3:] for row in rows], dtype=np.int64).reshape(-1, 1 + len(WINDOWS))
    verdicts = new_values(of_rows[:, 1:].T, of_rows[:, 0], np.array(places, int), len(series))
    accepted = _accepted(kept, ids, day) if verdicts else set()
    new: dict[tuple[int, str], list[tuple[Verdict, str]]] = defaultdict(list)
    for verdict in verdicts:
        region, attribute, category, *_counts = rows[verdict.subject]
        is_named = attribute != DEVICE_MODEL or category not in NO_DEVICES
        if is_named and (region, attribute, category) not in accepted:
            new[region, attribute].append((verdict, category))
    by_id = {one.id: one for one in regions}
    return [
        finding
        for (region, attribute), values in new.items()
        if (finding := _finding(by_id[region], day, attribute, values))
    ]


def _accepted(
    kept: QuerySet[DailyCategory], ids: Sequence[int], day: date
) -> set[tuple[int, str, str]]:
    """Return the values that were there when people took what comes in for normal."""
    there = [
        Q(region=region, day__lte=then)
        for (region, family, *_about), then in restarts(day).items()
        if family is Family.INPUTS and region in ids
    ]
    if not there:
        return set()
    return {row for values in _values(kept.filter(reduce(or_, there))) for row in values}


def _values(rows: QuerySet[DailyCategory]) -> tuple[QuerySet[DailyCategory, Any], ...]:
    """Return (region, attribute, value) of the rows, and the same of device models."""
    devices = rows.filter(attribute=COUNTED_IN)
    return (
        rows.values_list("region_id", "attribute", "category"),
        devices.values_list("region_id", Value(DEVICE_MODEL), "device_model"),
    )


def _finding(
    one: Watched, day: date, attribute: str, values: Sequence[tuple[Verdict, str]]
) -> Finding | None:
    begins_at = one.judged_from(day)
    if begins_at is None:
        return None
    ordered = sorted(values, key=lambda pair: (-pair[0].value, pair[1]))
    return one.finding(
        "new_category",
        begins_at,
        span=ordered[0][0].n_days * DAY,
        attribute=attribute[:100],
        score=ordered[0][0].value,
        limit=LEAST_SHARE,
        detail=", ".join(category for _verdict, category in ordered)[:500],
    )
