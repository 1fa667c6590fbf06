"""Judge all regions now: links by every look, numbers as soon as newer ones were collected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fleet.alerts.detectors import reach
from fleet.alerts.detectors.backlog import waiting
from fleet.alerts.detectors.blindness import judge_blindness
from fleet.alerts.detectors.clearing import clear_closed_days
from fleet.alerts.detectors.findings import end, report
from fleet.alerts.detectors.identical import repeating
from fleet.alerts.detectors.shares import failing, slow
from fleet.alerts.detectors.silence import silent
from fleet.alerts.detectors.turns import Turn, turn
from fleet.alerts.detectors.versions import unexpected
from fleet.alerts.detectors.watched import Watched, watched
from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import is_frozen
from fleet.alerts.models_evaluation import SETTINGS_VERSION, Evaluation


def watch(now: datetime) -> str:
    """Return a sentence on what was found; judging again changes nothing.

    Two do not watch at once: the second one leaves at once. While judgement is frozen only links
    are judged, and the numbers' turn comes after the thaw.
    """
    with turn(Turn.WATCHING) as is_ours:
        return _watch(now) if is_ours else "Somebody else is watching."


def _watch(now: datetime) -> str:
    regions = watched()
    if judge_blindness(regions, now):
        return "Our collector is silent: nothing is judged."
    n = _judge_reach(regions, now)
    news = [] if is_frozen() else _with_news(regions)
    if news:
        n += _judge_numbers(news, regions, now)
        _remember(news, now)
    n_clear = clear_closed_days(regions, now)
    return f"{n} findings in {len(regions)} regions, {n_clear} alerts without any for a day."


def _judge_reach(regions: Sequence[Watched], now: datetime) -> int:
    n = report(reach.links_lost(regions, now), now)
    end(Family.LINK, reach.links_held(regions, now), now)
    n += report(reach.stale(regions, now), now)
    end(Family.DATA, reach.fresh(regions, now), now)
    return n + report([*reach.contracts_broken(regions), *reach.clocks_off(regions)], now)


def _judge_numbers(news: Sequence[Watched], regions: Sequence[Watched], now: datetime) -> int:
    n = 0
    for found, n_on_version in (repeating(news, now), unexpected(news, regions, now)):
        n += report(found, now, n_on_version)
    found = [*silent(news), *failing(news), *slow(news), *waiting(news, now)]
    return n + report(found, now)


def _with_news(regions: Sequence[Watched]) -> list[Watched]:
    """Return the regions that were collected since they were judged."""
    judged = set(
        Evaluation.objects.filter(
            rules=Evaluation.Rules.WATCH,
            known_as_of__in=[one.known_as_of for one in regions if one.known_as_of],
            settings_version=SETTINGS_VERSION,
        ).values_list("region_id", "known_as_of")
    )
    return [one for one in regions if one.known_as_of and (one.id, one.known_as_of) not in judged]


def _remember(regions: Sequence[Watched], now: datetime) -> None:
    Evaluation.objects.bulk_create(
        [
            Evaluation(
                region=one.region,
                rules=Evaluation.Rules.WATCH,
                day=one.day,
                known_as_of=one.known_as_of,
                evaluated_at=now,
                settings_version=SETTINGS_VERSION,
            )
            for one in regions
            if one.known_as_of
        ],
        update_conflicts=True,
        unique_fields=["region", "rules", "day"],
        update_fields=["known_as_of", "evaluated_at", "settings_version"],
    )
