"""Judge the days that are over. It computes for long, so links and silence do not wait for it."""

from __future__ import annotations

from datetime import datetime

from fleet.alerts.detectors.closed_days import judged_day, remember, to_judge
from fleet.alerts.detectors.distribution_days import due, judge_and_remember
from fleet.alerts.detectors.findings import report
from fleet.alerts.detectors.turns import Turn, turn
from fleet.alerts.detectors.watched import watched
from fleet.alerts.lifecycle import is_frozen


def judge_days(now: datetime) -> str:
    """Return a sentence on what was found; judging again changes nothing.

    Two do not judge at once: the second one leaves at once. While judgement is frozen nothing is
    judged, and the days' turn comes after the thaw.
    """
    with turn(Turn.JUDGING_DAYS) as is_ours:
        return _judge(now) if is_ours else "Somebody else is judging."


def _judge(now: datetime) -> str:
    if is_frozen():
        return "We are blind: nothing is judged."
    regions = watched()
    n_days = n = 0
    for day, closed in to_judge(regions).items():
        n += report(judged_day(closed, day), now)
        remember(closed, day, now)
        n_days += 1
    for day, closed in due(regions, now):
        n += judge_and_remember(closed, day, now)
        n_days += 1
    return f"{n} findings on {n_days} days that are over."
