"""Judge a region's local day once it is over and was collected after its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from fleet.alerts.detectors.closed_categories import never_seen
from fleet.alerts.detectors.closed_outputs import collapsed, still, unlike_others
from fleet.alerts.detectors.watched import Watched
from fleet.alerts.kinds.kind import Family
from fleet.alerts.models import Finding
from fleet.alerts.models_evaluation import SETTINGS_VERSION, Evaluation
from fleet.alerts.new_normal import restarts
from regions.drift.volume import WINDOWS, expected, volume
from regions.models import DailyRollup

DAY = timedelta(days=1)
N_DAYS = 100


def last_closed_day(one: Watched) -> date:
    """Return the last local day that was collected after its end."""
    return one.day - DAY


def to_judge(regions: Sequence[Watched]) -> dict[date, list[Watched]]:
    """Return, by day, the regions whose last closed day was not judged yet."""
    known = [one for one in regions if one.known_as_of]
    judged = set(
        Evaluation.objects.filter(
            rules=Evaluation.Rules.DAY,
            day__in={last_closed_day(one) for one in known},
            settings_version=SETTINGS_VERSION,
        ).values_list("region_id", "day")
    )
    by_day: dict[date, list[Watched]] = defaultdict(list)
    for one in known:
        if (one.id, last_closed_day(one)) not in judged:
            by_day[last_closed_day(one)].append(one)
    return by_day


def judged_day(regions: Sequence[Watched], day: date) -> list[Finding]:
    """Return what was unusual on a closed day in these regions."""
    outputs = [*collapsed(regions, day), *unlike_others(regions, day), *still(regions, day)]
    return [*shifted(regions, day), *never_seen(regions, day), *outputs]


def remember(
    regions: Sequence[Watched], day: date, now: datetime, rules: str = Evaluation.Rules.DAY
) -> None:
    """Write down that the day was judged by these rules, so that it is not judged again."""
    Evaluation.objects.bulk_create(
        [
            Evaluation(
                region=one.region,
                rules=rules,
                day=day,
                known_as_of=one.known_as_of or now,
                evaluated_at=now,
                settings_version=SETTINGS_VERSION,
            )
            for one in regions
        ],
        update_conflicts=True,
        unique_fields=["region", "rules", "day"],
        update_fields=["known_as_of", "evaluated_at", "settings_version"],
    )


def shifted(regions: Sequence[Watched], day: date) -> list[Finding]:
    """Return the regions with too few or too many studies; score and limit are shares of usual.

    Days off, the working days after holidays, working days in the place of a day off, silent days
    and days before the first collected one, or before the last new normal, are left out.
    """
    n = np.zeros((N_DAYS, len(regions)), dtype=np.int64)
    days = [day - age * DAY for age in reversed(range(N_DAYS))]
    is_left_out = np.array(
        [
            [
                one.calendar.is_off(then) or one.calendar.is_unlike_its_weekday(then)
                for one in regions
            ]
            for then in days
        ]
    )
    place = {one.id: at for at, one in enumerate(regions)}
    first = np.full(len(regions), N_DAYS)
    rows = DailyRollup.objects.filter(region__in=list(place), day__gte=days[0], day__lte=day)
    for region, then, n_received in rows.values_list("region_id", "day", "n_received"):
        t = N_DAYS - 1 - (day - then).days
        n[t, place[region]] = n_received
        first[place[region]] = min(first[place[region]], t)
    for (region, family, *_about), then in restarts(day).items():
        if family is Family.VOLUME and region in place:
            first[place[region]] = max(first[place[region]], N_DAYS - 1 - (day - then).days)
    is_left_out |= np.arange(N_DAYS)[:, None] < first
    silent = Finding.objects.filter(region__in=list(place), kind="region_silent", day__in=days[:-1])
    for region, then in silent.values_list("region_id", "day"):
        is_left_out[N_DAYS - 1 - (day - then).days, place[region]] = True
    weekday = np.array([then.weekday() for then in days])
    limits = {length: (least, most) for length, least, most in WINDOWS}
    found = []
    for verdict in volume(n, expected(n, weekday, is_left_out)):
        one, usual = regions[verdict.subject], max(verdict.n_reference, 1)
        if begins_at := one.judged_from(day):
            least, most = limits[verdict.n_days]
            found.append(
                one.finding(
                    "volume_shift",
                    begins_at,
                    span=verdict.n_days * DAY,
                    score=verdict.value / usual,
                    limit=least if verdict.value < usual else most,
                    usual_low=verdict.low / usual,
                    usual_high=verdict.high / usual,
                )
            )
    return found
