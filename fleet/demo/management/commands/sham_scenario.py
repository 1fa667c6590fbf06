"""Let something go wrong in a region of the running demo, so that an alert is born."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta

import psycopg
from celery import Celery
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.clock import now
from fleet.demo.breaking import break_region, mend_region
from fleet.demo.faults import Fault
from fleet.demo.looking import collect_at_once, judge_at_once, n_peers, standing
from fleet.demo.running import DemoFailure, RunningDemo, demo_of_this_center
from fleet.demo.scenarios import SCENARIOS, Back, Scenario
from fleet.demo.simulator import Source
from regions.models import Region, RegionStatus

DEFAULT_REGION = "moscow"
KNOWN_WITHIN = timedelta(minutes=15)


class Command(BaseCommand):
    help = (
        "Let something go wrong in a region of the running demo, from now on and in its last rows,"
        " so that an alert is born; --stop undoes it to the last row."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("scenario", nargs="?", choices=list(SCENARIOS))
        parser.add_argument("--region", default=DEFAULT_REGION, help="its code (%(default)s)")
        parser.add_argument("--minutes", type=int, help="how long it goes on; else until --stop")
        parser.add_argument("--stop", action="store_true", help="undo what was let go wrong")

    def handle(
        self, *, scenario: str | None, region: str, minutes: int | None, stop: bool, **_: object
    ) -> None:
        if (scenario is None) != stop:
            raise CommandError(f"Name one of {', '.join(SCENARIOS)}, or give --stop.")
        if minutes is not None and minutes < 1:
            raise CommandError("--minutes: write a whole number from 1 on.")
        try:
            demo = demo_of_this_center()
            source = demo.source(region)
            known = _region(region)
            with psycopg.connect(source.url, autocommit=True, connect_timeout=5) as connection:
                if scenario is None:
                    self._stop(demo, connection, source, known)
                else:
                    self._start(demo, connection, source, known, SCENARIOS[scenario], minutes)
        except (DemoFailure, LookupError, psycopg.Error) as error:
            raise CommandError(str(error)) from None

    def _start(
        self,
        demo: RunningDemo,
        connection: psycopg.Connection,
        source: Source,
        region: Region,
        scenario: Scenario,
        minutes: int | None,
    ) -> None:
        began = now()
        _refuse_the_impossible(region, scenario, began)
        until = began + timedelta(minutes=minutes) if minutes else None
        fault = Fault(scenario.name, scenario.back.since(began, source.sham), until)
        if alert := standing(region, scenario.kind):
            self._say(f"Alert #{alert.pk} of this kind stands already: {_page(demo, alert.pk)}")
        n = break_region(connection, source.sham, fault)
        lasts = f"for {minutes} minutes" if minutes else "until --stop"
        self._say(f"{region.name}: {scenario.happens}")
        self._say(
            f"From now on, {lasts}; and the {n} studies of {scenario.back.value} were rewritten,"
            " so that the rule need not wait."
        )
        with Celery(broker=settings.FLEET_REDIS_URL) as sender:
            took = collect_at_once(region, sender, is_far=scenario.back is Back.NINE_DAYS)
            self._say(f"Collected after {took:.0f} s.")
            took = judge_at_once(region, scenario.kind, sender, began)
        alert = standing(region, scenario.kind)
        self._say(f"Judged after {took:.0f} s more. You see now: {scenario.shows}")
        self._say(f"  the alert       {_page(demo, alert.pk) if alert else demo.address}")
        self._say(f"  the daily page  {demo.address}/")
        self._say(f"  within 70 s     in the messenger: {demo.messages}")
        python = os.path.relpath(sys.executable)
        self._say(f"To undo it: {python} manage.py sham_scenario --stop --region {region.code}")

    def _stop(
        self,
        demo: RunningDemo,
        connection: psycopg.Connection,
        source: Source,
        region: Region,
    ) -> None:
        n = mend_region(connection, source.sham)
        if not n:
            self._say(f"{region.name}: nothing was let go wrong here.")
            return
        self._say(f"{region.name}: {n} studies are again as they would have been.")
        with Celery(broker=settings.FLEET_REDIS_URL) as sender:
            took = collect_at_once(region, sender, is_far=True)
        self._say(f"Collected after {took:.0f} s.")
        self._say(
            "Alerts that stand end after five days without a finding, or by hand:"
            f" {demo.address}/alerts/"
        )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _region(code: str) -> Region:
    region = Region.objects.filter(code=code, is_active=True).first()
    if region is None:
        raise DemoFailure(f"The demo has no region “{code}” now.")
    return region


def _refuse_the_impossible(region: Region, scenario: Scenario, now: datetime) -> None:
    status = RegionStatus.objects.filter(region=region).first()
    if not status or not status.last_success_at or status.last_success_at < now - KNOWN_WITHIN:
        raise DemoFailure(
            f"{region.name} is not collected in this demo, so nobody would see it:"
            f" choose another, such as {DEFAULT_REGION}."
        )
    if n_peers(now) < scenario.fewest_peers:
        raise DemoFailure(
            f"Peers are compared from {scenario.fewest_peers} regions on, and fewer are collected:"
            " stop the demo and start it with FLEET_DEMO_REGIONS=9."
        )


def _page(demo: RunningDemo, alert: int) -> str:
    return f"{demo.address}/alerts/{alert}/"
