"""Judge distributions once the day is over in the whole fleet, each region's day once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from fleet.alerts.detectors.closed_days import last_closed_day, remember
from fleet.alerts.detectors.distributions import judge
from fleet.alerts.detectors.findings import keep, report
from fleet.alerts.detectors.series_days import remember as remember_series
from fleet.alerts.detectors.watched import Watched
from fleet.alerts.lifecycle import CLEAR_DAYS, is_frozen
from fleet.alerts.models import Finding
from fleet.alerts.models_drift import Difference, MovedShare
from fleet.alerts.models_evaluation import SETTINGS_VERSION, Evaluation
from regions.localday import day_bounds

DAY = timedelta(days=1)
# The fleet's day is one test: it waits for the last region to be collected, but not for ever.
PATIENCE = timedelta(hours=3)
# Days of a region that was away are judged when it comes back; not more of them.
MAX_DAYS = 31


def due(regions: Sequence[Watched], now: datetime) -> Iterator[tuple[date, list[Watched]]]:
    """Yield, day by day, the regions whose distributions are to be judged now; one query.

    A region that was never judged begins with its last closed day.
    """
    evaluated = Evaluation.objects.filter(
        rules=Evaluation.Rules.DISTRIBUTIONS, settings_version=SETTINGS_VERSION
    )
    judged = dict(evaluated.values_list("region_id").annotate(Max("day")).order_by())
    waiting: dict[date, list[Watched]] = defaultdict(list)
    for one in regions:
        if one.known_as_of is None:
            continue
        last = last_closed_day(one)
        first = max(judged.get(one.id, last - DAY) + DAY, last - (MAX_DAYS - 1) * DAY)
        for n in range((last - first).days + 1):
            waiting[first + n * DAY].append(one)
    for day in sorted(waiting):
        if any(_is_awaited(one, day, now) for one in regions):
            return
        yield day, waiting[day]


def judge_and_remember(regions: Sequence[Watched], day: date, now: datetime) -> int:
    """Judge a day of these regions; return how many findings are new.

    Findings, what is left of the day and that it was judged are written together; nothing at all
    when judgement froze meanwhile. The findings are the last, since whoever changes alerts waits
    from the first one on.
    """
    judged = judge(regions, day)
    with transaction.atomic():
        if is_frozen():
            return 0
        remember_series(day, [one.id for one in regions], judged.series, judged.state)
        remember(regions, day, now, Evaluation.Rules.DISTRIBUTIONS)
        n = tell([one.finding for one in judged.found], regions, day, now, judged.n_on_version)
        new = [one for one in judged.found if one.finding.pk]
        Difference.objects.bulk_create(one.difference for one in new)
        MovedShare.objects.bulk_create(moved for one in new for moved in one.moved)
    return n


def tell(
    findings: Sequence[Finding],
    regions: Sequence[Watched],
    day: date,
    now: datetime,
    n_on_version: Mapping[tuple[str, str], int] | None = None,
) -> int:
    """Report the findings of a day; return how many are new.

    Where so many days have closed since that an alert would have ended by itself, they are stored
    and open none.
    """
    past = {one.id for one in regions if last_closed_day(one) - day >= CLEAR_DAYS * DAY}
    recent = [one for one in findings if one.region_id not in past]
    return report(recent, now, n_on_version) + keep(
        [one for one in findings if one.region_id in past], now
    )


def _is_awaited(one: Watched, day: date, now: datetime) -> bool:
    if one.known_as_of is None or one.day > day:
        return False
    return now < day_bounds(day, one.region.zone)[1] + PATIENCE
