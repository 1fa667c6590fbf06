"""What models said on a closed day, against their own past and against the other regions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from fleet.alerts.detectors.watched import Watched
from fleet.alerts.kinds.kind import Family
from fleet.alerts.models import Finding
from fleet.alerts.new_normal import restarts
from regions.drift.arrays import Counts, Floats
from regions.drift.histogram import N_BINS, N_INNER
from regions.drift.outputs import (
    MIN_PAST_DAYS,
    PEER_DAYS,
    absent,
    class_share,
    flat,
    unlike_peers,
)
from regions.drift.verdicts import Rule, Verdict
from regions.models import DailyScore

DAY = timedelta(days=1)
# Eight weeks to compare with, and the longest window that is compared.
PAST_DAYS = 62
# A model, its version and a class.
Class = tuple[str, str, str]
_MODEL = ("model_code", "model_version", "class_code")


def collapsed(regions: Sequence[Watched], day: date) -> list[Finding]:
    """Return the classes that a model gives far more or less often; score and limit are shares.

    A version is compared with itself, a working day with working days. A rare class is found when
    it is not given at all.
    """
    series, table = _classes(regions, day)
    if not series:
        return []
    positive, n = table
    verdicts = class_share(positive, n)
    seen = {verdict.subject for verdict in verdicts}
    missing = [
        one for one in absent(positive[-1], n[-1], _expected(table)) if one.subject not in seen
    ]
    by_id = {one.id: one for one in regions}
    found = []
    for verdict in [*verdicts, *missing]:
        region, model, version, class_code = series[verdict.subject]
        # What is absent is counted in studies.
        whole = verdict.n if verdict.rule is Rule.ABSENT else 1
        low, high = verdict.low / whole, min(verdict.high, 1.0)
        if begins_at := by_id[region].judged_from(day):
            limit = low if verdict.value < low else high
            values = {"span": verdict.n_days * DAY, "score": verdict.value, "limit": limit}
            usual = {"usual_low": low, "usual_high": high}
            what = _of_class(model, version, class_code)
            found.append(
                by_id[region].finding("class_collapse", begins_at, **what, **values, **usual)
            )
    return found


def _classes(
    regions: Sequence[Watched], day: date
) -> tuple[list[tuple[int, str, str, str]], Counts]:
    """Return the series (region, model, version, class) of the day, and (2, T, S): their positive
    studies and all of them, one row a day up to the one that is judged, 0 for other types."""
    by_id = {one.id: one for one in regions}
    rows = DailyScore.objects.filter(
        region__in=list(by_id), day__lte=day, day__gte=day - PAST_DAYS * DAY
    )
    begins = restarts(day)
    counts: dict[tuple[int, str, str, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    totals = rows.values_list("region_id", "day", *_MODEL).annotate(
        positive=Sum("n_positive"), scored=Sum("n_scored")
    )
    for region, then, model, version, class_code, positive, scored in totals:
        calendar = by_id[region].calendar
        if then < begins.get((region, Family.OUTPUTS, model, version), date.min):
            continue
        if calendar.is_off(then) == calendar.is_off(day):
            counts[region, model, version, class_code][(day - then).days] = (positive, scored)
    series = sorted(key for key, ages in counts.items() if 0 in ages)
    table = np.zeros((2, PAST_DAYS + 1, len(series)), dtype=np.int64)
    for at, key in enumerate(series):
        for age, pair in counts[key].items():
            table[:, PAST_DAYS - age, at] = pair
    return series, table


def _expected(table: Counts) -> Floats:
    """Return how many positive studies the day would have by the days before, (S,); 0 of too few
    days."""
    positive, n = table[:, :-1].sum(axis=1)
    is_known = (table[1, :-1] > 0).sum(axis=0) >= MIN_PAST_DAYS
    return np.asarray(np.where(is_known, table[1, -1] * positive / np.maximum(n, 1), 0.0))


def still(regions: Sequence[Watched], day: date) -> list[Finding]:
    """Return the classes whose scores hardly move, unlike the version's in other regions.

    The score says how many times wider they spread elsewhere.
    """
    rows = DailyScore.objects.filter(region__is_active=True, day=day)
    groups: dict[Class, dict[int, Floats]] = defaultdict(dict)
    columns = ("region_id", *_MODEL, "score_histogram")
    for region, model, version, class_code, histogram in rows.values_list(*columns):
        by_region = groups[model, version, class_code]
        by_region[region] = by_region.get(region, np.zeros(N_BINS)) + np.array(histogram)
    judged = {one.id: one for one in regions}
    found = []
    for of_class, by_region in sorted(groups.items()):
        ids = sorted(by_region)
        histograms = np.array([by_region[region] for region in ids])
        for verdict in flat(_spread(histograms), histograms.sum(axis=1).astype(np.int64)):
            one = judged.get(ids[verdict.subject])
            if one is None or (begins_at := one.judged_from(day)) is None:
                continue
            found.append(_unlike_peers(one, begins_at, DAY, of_class, verdict))
    return found


def _spread(histograms: Floats) -> Floats:
    """Return the standard deviations (R,) of scores in histograms (R, B); NaN where there are none.

    As if spread evenly within each bin, so that one bin alone is not narrower than it can show.
    """
    middles = (np.arange(N_BINS) - 0.5) / N_INNER
    total = histograms.sum(axis=1)
    share = histograms / np.maximum(total, 1)[:, None]
    variance = share @ middles**2 - (share @ middles) ** 2
    sd = np.sqrt(np.maximum(variance, 0) + 1 / (12 * N_INNER**2))
    return np.asarray(np.where(total > 0, sd, np.nan))


def unlike_others(regions: Sequence[Watched], day: date) -> list[Finding]:
    """Return the classes whose share in one week or four is unlike that of the version's other
    regions."""
    rows = DailyScore.objects.filter(
        region__is_active=True, day__lte=day, day__gt=day - max(PEER_DAYS) * DAY
    )
    groups: dict[Class, list[tuple[int, Counts]]] = defaultdict(list)
    sums = {
        f"{name}_{days}": Coalesce(Sum(name, filter=Q(day__gt=day - days * DAY)), 0)
        for name in ("n_positive", "n_scored")
        for days in PEER_DAYS
    }
    totals = rows.values_list("region_id", *_MODEL).annotate(**sums)
    for region, model, version, class_code, *counts in totals.order_by("region_id"):
        groups[model, version, class_code].append((region, np.reshape(counts, (2, -1))))
    judged = {one.id: one for one in regions}
    found = []
    for of_class, peers in sorted(groups.items()):
        positive, scored = np.stack([counts for _region, counts in peers], axis=-1)
        for verdict in unlike_peers(positive, scored):
            one = judged.get(peers[verdict.subject][0])
            if one is None or (begins_at := one.judged_from(day)) is None:
                continue
            found.append(_unlike_peers(one, begins_at, verdict.n_days * DAY, of_class, verdict))
    return found


def _unlike_peers(
    one: Watched, begins_at: datetime, span: timedelta, of_class: Class, verdict: Verdict
) -> Finding:
    """Return the finding of a day for scores that hardly move, of one week or four for shares."""
    values = {"score": verdict.score, "limit": verdict.limit}
    return one.finding("unlike_peers", begins_at, span=span, **_of_class(*of_class), **values)


def _of_class(model: str, version: str, class_code: str) -> dict[str, str]:
    return {"service": model[:100], "version": version[:100], "attribute": class_code[:100]}
