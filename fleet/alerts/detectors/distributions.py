"""Judge what came in and what models answered on a day that is over in the whole fleet.

The rules are those of `regions.drift`, in the order in which simulated fleets live through them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models import Count, F, Sum

from fleet.alerts.detectors.profiles import Profiles, profiles
from fleet.alerts.detectors.quarantine import Group, quarantined, usable
from fleet.alerts.detectors.series_days import (
    SeriesKey,
    family_of,
    remembered,
    tested,
)
from fleet.alerts.detectors.watched import Watched
from fleet.alerts.kinds.kind import Family
from fleet.alerts.models import Finding
from fleet.alerts.models_drift import Difference, MovedShare
from regions.drift.arrays import Flags, Ints
from regions.drift.comparison import in_one_mix
from regions.drift.inputs import SUM_CHANNELS, State, judge_day, realigned, with_moved
from regions.drift.references import LAGGED_FROM
from regions.drift.verdicts import Rule, Verdict
from regions.drift.windows import Series, Window, fleet_day, windows
from regions.localday import day_bounds
from regions.models import DailyRollup, DailyScore

DAY = timedelta(days=1)
N_DAYS = LAGGED_FROM + 1
LEARNING_DAYS = 14
KINDS_OF = {Family.INPUTS: "input_drift", Family.OUTPUTS: "output_drift"}


@dataclass(frozen=True)
class Found:
    """A finding with its reasons, none of them saved."""

    finding: Finding
    difference: Difference
    moved: Sequence[MovedShare]


@dataclass(frozen=True)
class Judged:
    """What was found, what is left for tomorrow, and how many regions run a (service, version)."""

    found: Sequence[Found]
    series: Mapping[SeriesKey, int]
    state: State
    n_on_version: Mapping[tuple[str, str], int]


def judge(regions: Sequence[Watched], day: date) -> Judged:
    """Return what is not usual on a day in these regions, the rest of the fleet at hand.

    Regions and versions that are known for less than fourteen days are not judged, nor are days
    that maintenance touches. Nothing is said before the fleet's own fourteen judged days.
    """
    days = [day - age * DAY for age in reversed(range(N_DAYS))]
    groups, n = _groups(regions, days)
    is_usable = usable(groups, days, n)
    is_quarantined = quarantined(groups, days)
    is_off = np.array([[g.one.calendar.is_off(then) for g in groups] for then in days], dtype=bool)
    is_off = is_off.reshape(n.shape)
    is_judged = is_usable[-1] & is_usable[:-LEARNING_DAYS].any(axis=0)
    used = windows(n, is_off, is_usable, is_quarantined) & is_judged
    today = profiles(groups, days, used)
    known, past = remembered(day)
    series = [*today.keys, *sorted(set(known).difference(today.keys))]
    place = {key: at for at, key in enumerate(known)}
    before = realigned(past, np.array([place.get(key, -1) for key in series], dtype=np.int64))
    described = _described(regions, day, today, series, is_quarantined[-1])
    verdicts, state = judge_day(fleet_day(used, today.numeric, today.categories, described), before)
    n_days = (~np.isnan(before.day.score)).any(axis=(1, 2)).sum()
    said = _one_each(verdicts) if n_days >= LEARNING_DAYS else []
    return Judged(
        [_found(one, before, today, groups, day) for one in said],
        {key: at for at, key in enumerate(today.keys)},
        state,
        Counter((group.service, group.version) for group in groups if group.service),
    )


def _groups(regions: Sequence[Watched], days: Sequence[date]) -> tuple[list[Group], Ints]:
    """Return what has studies on the last day, and its studies by day, (T, G).

    Days whose profile lacks hours that came later are without studies.
    """
    by_id = {one.id: one for one in regions}
    within = {"region__in": list(by_id), "day__gte": days[0], "day__lte": days[-1]}
    whole = DailyRollup.objects.filter(**within, profile_fingerprint=F("fingerprint"))
    received = {
        (region, then): n for region, then, n in whole.values_list("region_id", "day", "n_received")
    }
    n: dict[Group, dict[date, int]] = defaultdict(dict)
    for (region, then), n_received in received.items():
        n[Group(by_id[region], Family.INPUTS)][then] = n_received
    scores = DailyScore.objects.filter(**within).order_by()
    rows = scores.values_list("region_id", "model_code", "model_version", "day").annotate(
        total=Sum("n_scored"), classes=Count("class_code", distinct=True)
    )
    for region, service, version, then, total, n_classes in rows:
        if (region, then) in received:
            group = Group(by_id[region], Family.OUTPUTS, service, version)
            n[group][then] = total // n_classes
    groups = sorted((one for one in n if n[one].get(days[-1])), key=lambda one: one.key)
    table = [[n[group].get(then, 0) for group in groups] for then in days]
    return groups, np.array(table, dtype=np.int64).reshape(len(days), len(groups))


def _described(
    regions: Sequence[Watched],
    day: date,
    today: Profiles,
    series: Sequence[SeriesKey],
    is_excluded: Flags,
) -> Series:
    """Return all series of the fleet, those without rows today behind the others."""
    is_off = {one.id: one.calendar.is_off(day) for one in regions}
    are_off = 2 * sum(is_off.values()) > len(is_off)
    group = np.zeros(len(series), dtype=np.int64)
    group[: len(today.keys)] = today.groups
    attributes: dict[tuple[str, str], int] = {}
    excluded = np.zeros(len(series), dtype=np.bool_)
    excluded[: len(today.keys)] = is_excluded[list(today.groups)]
    return Series(
        n_numeric=today.n_numeric,
        group=group,
        feature=np.array(
            [attributes.setdefault(key[1::2], len(attributes)) for key in series], dtype=np.int64
        ),
        is_off=np.array([is_off.get(region, are_off) for region, *_rest in series], dtype=np.bool_),
        is_excluded=excluded,
        tested=tested(day, list(is_off)),
    )


def _one_each(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return one verdict for each series, a jump before a creep."""
    first: dict[int, Verdict] = {}
    for verdict in verdicts:
        first.setdefault(verdict.subject, verdict)
    return list(first.values())


def _found(
    verdict: Verdict, before: State, today: Profiles, groups: Sequence[Group], day: date
) -> Found:
    _region, service, version, attribute = today.keys[verdict.subject]
    verdict, names = _with_moved(verdict, today)
    one = groups[today.groups[verdict.subject]].one
    finding = one.finding(
        KINDS_OF[family_of(attribute)],
        day_bounds(day, one.region.zone)[0],
        day=day,
        span=DAY,
        service=service,
        version=version,
        attribute=attribute,
        score=verdict.score,
        limit=verdict.limit,
        usual_low=0.0,
        usual_high=_usual_score(verdict, before),
        detail=", ".join(names[moved.position] for moved in verdict.moved if names)[:500],
    )
    difference = Difference(
        finding=finding,
        rule=verdict.rule,
        channel=verdict.channel,
        value=verdict.value,
        usual_low=verdict.low,
        usual_high=verdict.high,
        n=verdict.n,
        n_reference=verdict.n_reference,
    )
    moved = [
        MovedShare(
            finding=finding,
            bin=None if names else one.position,
            category=names[one.position] if names else "",
            share=one.share,
            usual_share=one.usual_share,
        )
        for one in verdict.moved
    ]
    return Found(finding, difference, moved)


def _with_moved(verdict: Verdict, today: Profiles) -> tuple[Verdict, Sequence[str]]:
    """Return the verdict with what moved most, and the categories' names, none for bins."""
    is_jump = verdict.rule is Rule.DAY
    one, other = (Window.POOLED, Window.OWN) if is_jump else (Window.TODAY, Window.LAGGED)
    if verdict.subject >= today.n_numeric:
        rows, usual = (today.categories.of(window, verdict.subject) for window in (one, other))
        is_own = today.categories.series == verdict.subject
        names = [name for name, own in zip(today.names, is_own, strict=True) if own]
        return with_moved(verdict, rows[:, 0], usual[:, 0]), names
    rows, usual = (today.numeric.of(window, verdict.subject) for window in (one, other))
    if verdict.channel == "shape":
        return with_moved(verdict, rows.sum(axis=0), usual.sum(axis=0)), ()
    return with_moved(verdict, *in_one_mix(rows, usual)), ()


def _usual_score(verdict: Verdict, before: State) -> float:
    """Return what 95 of 100 scores in the fleet are below; of a creep, 95 of 100 sums."""
    if verdict.rule is Rule.DAY:
        return verdict.high * verdict.score / abs(verdict.value)
    same = [channel.name.lower() == verdict.channel for channel in SUM_CHANNELS]
    return float(np.quantile(before.sums[same], 0.95))
