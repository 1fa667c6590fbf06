"""Let a running demo's center look at a region at once, and once more at what it judged before."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
from celery import Celery
from django.conf import settings

from fleet.alerts.detectors.rescoring import CannotRescore, rescore
from fleet.alerts.models import Alert
from fleet.alerts.models_drift import SeriesDay
from fleet.alerts.models_evaluation import Evaluation
from fleet.demo.running import DemoFailure
from regions.localday import local_day
from regions.models import DailyScore, Region, RegionStatus

LOOK_EVERY_S = 0.5
ASK_EVERY_S = 5.0
WITHIN_S = 120.0
TRIES = 20
PEER_DAYS = timedelta(days=7)
EACH_ALONE = (Evaluation.Rules.WATCH, Evaluation.Rules.DAY)
# Judged when the day is over in all regions, which may be hours from now.
OF_THE_FLEETS_DAY = frozenset({"input_drift", "output_drift"})
# What an earlier run of the same scenario found would not be news.
_FORGET = """
WITH known AS (SELECT id FROM alerts_finding
  WHERE region_id = %(region)s AND kind = %(kind)s AND begins_at > %(since)s),
freed AS (UPDATE alerts_alertevent SET finding_id = NULL WHERE finding_id IN (SELECT id FROM known))
SELECT count(*) FROM known"""
_DELETE = """
DELETE FROM alerts_finding
WHERE region_id = %(region)s AND kind = %(kind)s AND begins_at > %(since)s"""


def collect_at_once(region: Region, sender: Celery, *, is_far: bool) -> float:
    """Have all hours that may have changed collected anew; return how many seconds it took.

    `is_far`: of all days, not of three. Raises DemoFailure when no worker does it in time.
    """
    mark = "last_sweep_at" if is_far else "last_look_back_at"
    status = RegionStatus.objects.filter(region=region)
    status.update(**{mark: None})

    def ask() -> None:
        status.update(next_due_at=None)
        sender.send_task("regions.tasks.plan_collections", queue="default")

    return await_true(
        lambda: status.exclude(**{mark: None}).exists(),
        ask,
        f"{region.code} was not collected within {WITHIN_S:.0f} s: look at its page.",
    )


def judge_at_once(region: Region, kind: str, sender: Celery, asked_at: datetime) -> float:
    """Have the region judged as if it never was; return the seconds until its alert stood.

    Raises DemoFailure when it does not in time.
    """
    if not standing(region, kind):
        forget_findings(region, kind, asked_at - 2 * PEER_DAYS)

    def ask() -> None:
        # A watch that ran meanwhile may have judged the day by its rows of before.
        let_be_judged(region, kind, asked_at)
        sender.send_task("fleet.alerts.tasks.watch", queue="default")
        sender.send_task("fleet.alerts.tasks.judge_days", queue="judge")

    return await_true(
        lambda: standing(region, kind) is not None,
        ask,
        f"No alert of the kind {kind} for {region.code} within {WITHIN_S:.0f} s: the region may"
        " have too few studies for the rule. Undo it with --stop, and try it without --region.",
    )


def let_be_judged(region: Region, kind: str, now: datetime) -> None:
    """Let the region's last days be judged as if they never were; those of the fleet at once."""
    Evaluation.objects.filter(region=region, rules__in=EACH_ALONE).delete()
    if kind in OF_THE_FLEETS_DAY:
        _judge_the_fleets_day(region, now)


def judge_past_days(now: datetime, n_days: int) -> None:
    """Judge the days before today as if they had been lived through, unless they are judged."""
    if SeriesDay.objects.exists():
        return
    first = (now - n_days * timedelta(days=1)).date()
    for _try in range(TRIES):
        try:
            for _day in rescore(first, now):
                pass
            return
        except CannotRescore:
            time.sleep(LOOK_EVERY_S)


def _judge_the_fleets_day(region: Region, now: datetime) -> None:
    """Judge all regions' last closed days once more, unless another judges at this moment."""
    day = local_day(now, region.zone) - timedelta(days=1)
    with suppress(CannotRescore):
        for _day in rescore(day, now):
            pass


def await_true(is_so: Callable[[], bool], ask: Callable[[], None], otherwise: str) -> float:
    """Ask, and ask again, until it is so; return after how many seconds, or raise DemoFailure."""
    began = asked = time.monotonic()
    ask()
    while not is_so():
        if time.monotonic() - began > WITHIN_S:
            raise DemoFailure(otherwise)
        if time.monotonic() - asked > ASK_EVERY_S:
            asked = time.monotonic()
            ask()
        time.sleep(LOOK_EVERY_S)
    return time.monotonic() - began


def standing(region: Region, kind: str) -> Alert | None:
    """Return the region's alert of this kind that is not over."""
    return Alert.objects.filter(region=region, kind=kind, resolved_at=None).first()


def forget_findings(region: Region, kind: str, since: datetime) -> None:
    """Remove what was found of this kind; the histories of its alerts stay."""
    values = {"region": region.pk, "kind": kind, "since": since}
    with psycopg.connect(settings.FLEET_ADMIN_DATABASE_URL, connect_timeout=5) as admin:
        admin.execute(_FORGET, values)
        admin.execute(_DELETE, values)


def n_peers(now: datetime) -> int:
    """Return how many regions have had scores in the last week."""
    recent = DailyScore.objects.filter(region__is_active=True, day__gt=(now - PEER_DAYS).date())
    return recent.values("region").distinct().count()
