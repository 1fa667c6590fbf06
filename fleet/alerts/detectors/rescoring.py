"""Judge closed days again from a day on, as if they were lived through now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Min

from fleet.alerts.detectors import series_days
from fleet.alerts.detectors.closed_days import judged_day, last_closed_day, remember
from fleet.alerts.detectors.distribution_days import judge_and_remember, tell
from fleet.alerts.detectors.turns import Turn, turn
from fleet.alerts.detectors.watched import Watched, watched
from fleet.alerts.lifecycle import is_frozen
from fleet.alerts.models_evaluation import Evaluation
from regions.models import DailyRollup

DAY = timedelta(days=1)
CLOSED = (Evaluation.Rules.DAY, Evaluation.Rules.DISTRIBUTIONS)


class CannotRescore(Exception):
    """The sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Rescored:
    """A day that was judged again: of how many regions, and how many findings were not known."""

    day: date
    n_regions: int
    n_new: int


def rescore(first: date, now: datetime) -> Iterator[Rescored]:
    """Forget what was left of the days from the first on and judge them again, one by one.

    Findings stay; those that are new open alerts as if they were found now, unless they are of days
    long past. Nobody else judges days meanwhile. Raises CannotRescore before anything is forgotten.
    """
    with turn(Turn.JUDGING_DAYS) as is_ours:
        if not is_ours:
            raise CannotRescore("Somebody else is judging: try again in a minute.")
        regions, begins = watched(), _first_days()
        last = _last_day(regions, begins, first)
        with transaction.atomic():
            series_days.forget(first)
            Evaluation.objects.filter(rules__in=CLOSED, day__gte=first).delete()
        for n in range((last - first).days + 1):
            day = first + n * DAY
            closed = [
                one
                for one in regions
                if begins.get(one.id, date.max) <= day <= last_closed_day(one)
            ]
            n_new = tell(judged_day(closed, day), closed, day, now) if closed else 0
            remember(closed, day, now)
            yield Rescored(day, len(closed), n_new + judge_and_remember(closed, day, now))


def _first_days() -> dict[int, date]:
    rows = DailyRollup.objects.values_list("region_id").annotate(Min("day")).order_by()
    return dict(rows)


def _last_day(regions: Sequence[Watched], begins: dict[int, date], first: date) -> date:
    known = [one for one in regions if one.known_as_of and one.id in begins]
    if not known:
        raise CannotRescore("There is nothing to judge: collect a region first.")
    if is_frozen():
        raise CannotRescore("Judgement is frozen while we are blind: end collector_blind first.")
    earliest, last = min(begins[one.id] for one in known), max(map(last_closed_day, known))
    if first < earliest:
        raise CannotRescore(f"Nothing was collected before {earliest}: begin with that day.")
    if first > last:
        raise CannotRescore(f"{first} is not over yet: the last day that is over is {last}.")
    return last
