"""A region of the running demo, where all parts are real and do their work by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
from celery import Celery
from django.conf import settings
from django.contrib.auth.models import User

from fleet.demo.breaking import break_region, mend_region
from fleet.demo.faults import Fault
from fleet.demo.looking import collect_at_once, forget_findings, let_be_judged, standing
from fleet.demo.running import demo_of_this_center
from fleet.demo.scenario import ONCALL
from fleet.demo.scenarios import SCENARIOS, Back
from fleet.demo.simulator import Source
from fleet.rehearsal.steps import StepFailed
from regions.models import Region

WITHIN_S = 240.0
KINDS = {one.kind: one for one in SCENARIOS.values()}


class DemoRegion:
    """The region, broken by the simulator; beat, workers and deliverer do the rest."""

    within_s = WITHIN_S

    def __init__(self, source: Source, region: Region, sender: Celery) -> None:
        self._source = source
        self._sender = sender
        self.region = region
        self.user = User.objects.get(username=ONCALL)

    def break_(self, kind: str, now: datetime) -> None:
        if kind not in KINDS:
            raise StepFailed(
                f"The demo has no scenario for {kind}: choose one of {', '.join(sorted(KINDS))},"
                " or rehearse it without --region."
            )
        if alert := standing(self.region, kind):
            raise StepFailed(f"Alert #{alert.pk} of this kind stands already: resolve it first.")
        scenario = KINDS[kind]
        forget_findings(self.region, kind, Back.NINE_DAYS.since(now, self._source.sham))
        fault = Fault(scenario.name, scenario.back.since(now, self._source.sham))
        with self._database() as connection:
            break_region(connection, self._source.sham, fault)
        collect_at_once(self.region, self._sender, is_far=scenario.back is Back.NINE_DAYS)
        let_be_judged(self.region, kind, now)

    def work(self, now: datetime) -> None:
        """Nothing: that the others do it is what is to be proved."""

    def mend(self, now: datetime) -> None:  # noqa: ARG002
        with self._database() as connection:
            mend_region(connection, self._source.sham)

    def _database(self) -> psycopg.Connection:
        return psycopg.connect(self._source.url, autocommit=True, connect_timeout=5)


@contextmanager
def demo_region(code: str) -> Iterator[DemoRegion]:
    """Lend a region of the demo, and mend it afterwards. Raises DemoFailure for any other."""
    demo = demo_of_this_center()
    source = demo.source(code)
    with Celery(broker=settings.FLEET_REDIS_URL) as sender:
        stage = DemoRegion(source, Region.objects.get(code=code), sender)
        try:
            yield stage
        finally:
            with psycopg.connect(source.url, autocommit=True, connect_timeout=5) as connection:
                mend_region(connection, source.sham)
            collect_at_once(stage.region, sender, is_far=True)
