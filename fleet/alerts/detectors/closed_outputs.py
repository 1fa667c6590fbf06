"""What models said on a closed day, against their own past and against the other regions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from django.db.models import Sum

from fleet.alerts.detectors.watched import Watched
from fleet.alerts.kinds.kind import Family
from fleet.alerts.models import Finding
from fleet.alerts.new_normal import restarts
from regions.drift.outputs import class_share, unlike_peers
from regions.models import DailyScore

DAY = timedelta(days=1)
PAST_DAYS = 56
PEER_DAYS = 7
_MODEL = ("model_code", "model_version", "class_code")


def collapsed(regions: Sequence[Watched], day: date) -> list[Finding]:
    """Return the classes that a model gives far more or less often; score and limit are shares.

    A version is compared with itself, a working day with working days.
    """
    place = {one.id: at for at, one in enumerate(regions)}
    rows = DailyScore.objects.filter(
        region__in=list(place), day__lte=day, day__gte=day - PAST_DAYS * DAY
    )
    begins = restarts(day)
    counts: dict[tuple[int, str, str, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    totals = rows.values_list("region_id", "day", *_MODEL).annotate(
        positive=Sum("n_positive"), scored=Sum("n_scored")
    )
    for region, then, model, version, class_code, positive, scored in totals:
        calendar = regions[place[region]].calendar
        if then < begins.get((region, Family.OUTPUTS, model, version), date.min):
            continue
        if calendar.is_off(then) == calendar.is_off(day):
            counts[region, model, version, class_code][(day - then).days] = (positive, scored)
    series = sorted(key for key, ages in counts.items() if 0 in ages)
    table = np.zeros((2, PAST_DAYS + 1, len(series)), dtype=np.int64)
    for at, key in enumerate(series):
        for age, pair in counts[key].items():
            table[:, age, at] = pair
    if not series:
        return []
    found = []
    for verdict in class_share(table[0, 0], table[1, 0], table[0, 1:], table[1, 1:]):
        region, model, version, class_code = series[verdict.subject]
        one = regions[place[region]]
        is_low = verdict.value < verdict.low
        if begins_at := one.judged_from(day):
            found.append(
                one.finding(
                    "class_collapse",
                    begins_at,
                    span=DAY,
                    service=model[:100],
                    version=version[:100],
                    attribute=class_code[:100],
                    score=verdict.value,
                    limit=verdict.low if is_low else verdict.high,
                    usual_low=verdict.low,
                    usual_high=verdict.high,
                )
            )
    return found


def unlike_others(regions: Sequence[Watched], day: date) -> list[Finding]:
    """Return the classes whose share in a week is unlike that of the version's other regions."""
    rows = DailyScore.objects.filter(
        region__is_active=True, day__lte=day, day__gt=day - PEER_DAYS * DAY
    )
    groups: dict[tuple[str, str, str], list[tuple[int, int, int]]] = defaultdict(list)
    totals = rows.values_list("region_id", *_MODEL).annotate(
        positive=Sum("n_positive"), scored=Sum("n_scored")
    )
    for region, model, version, class_code, positive, scored in totals.order_by("region_id"):
        groups[model, version, class_code].append((region, positive, scored))
    judged = {one.id: one for one in regions}
    found = []
    for (model, version, class_code), peers in sorted(groups.items()):
        positive, scored = (np.array([row[at] for row in peers]) for at in (1, 2))
        for verdict in unlike_peers(positive, scored):
            one = judged.get(peers[verdict.subject][0])
            if one is None or (begins_at := one.judged_from(day)) is None:
                continue
            found.append(
                one.finding(
                    "unlike_peers",
                    begins_at,
                    span=PEER_DAYS * DAY,
                    service=model[:100],
                    version=version[:100],
                    attribute=class_code[:100],
                    score=verdict.score,
                    limit=verdict.limit,
                )
            )
    return found
