"""Each scenario, written into a real region and collected, opens the alert that it names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from fleet.alerts.detectors.judging import judge_days
from fleet.alerts.detectors.rescoring import rescore
from fleet.alerts.detectors.watch import watch
from fleet.alerts.models import Alert
from fleet.demo.breaking import break_region, mend_region
from fleet.demo.faults import CHANGES, Fault
from fleet.demo.scenarios import SCENARIOS, Back, Scenario
from fleet.demo.sham import ShamRegion, Shape
from regions.collect import collect
from regions.models import DailyScore, Region, RegionStatus
from regions.sessions import close_idle_sessions
from tests.rig.filled import Filled, MakeFilled
from tests.rig.regions import forget_region
from tests.rig.sham_center import forget_judgements, last_wednesday, register

pytestmark = pytest.mark.integration
N_DAYS = 30


@pytest.fixture(scope="module")
def found(
    django_db_setup: None, django_db_blocker: Any, make_filled: MakeFilled
) -> Iterator[dict[str, list[str]]]:
    """The kinds that each scenario opened in one and the same region, one after the other."""
    filled = make_filled(
        Shape.TABLES, N_DAYS, last_wednesday(), zone="Europe/Moscow", studies_per_day=150
    )
    with django_db_blocker.unblock():
        region = register(filled)
        make_peers(region, filled.end)
        try:
            yield {"": judged(region, filled.end, Back.NINE_DAYS)} | {
                scenario.name: kinds_of(scenario, filled, region)
                # The one that goes back furthest is the last.
                for scenario in SCENARIOS.values()
            }
        finally:
            close_idle_sessions()
            forget_region(region.code)
            call_command("flush", interactive=False, reset_sequences=False, verbosity=0)


def make_peers(region: Region, end: datetime) -> None:
    """Four other regions in which the version finds what it usually does."""
    for n in range(4):
        peer = Region.objects.create(code=f"peer{n}", name=f"Peer {n}", time_zone="UTC")
        DailyScore.objects.create(
            region=peer,
            day=date.fromordinal(end.date().toordinal() - 2),
            model_code="cxr-net",
            model_version="5.1.1",
            class_code="nodule",
            node="gpu-01",
            n_scored=400,
            n_positive=18 + n,
            n_invalid=0,
            n_objects=20,
            score_histogram=[0] * 64,
            size_histogram=[0] * 64,
        )


def kinds_of(scenario: Scenario, filled: Filled, region: Region) -> list[str]:
    fault = Fault(scenario.name, scenario.back.since(filled.end, filled.sham))
    break_region(filled.connection, filled.sham, fault)
    try:
        return judged(region, filled.end, scenario.back)
    finally:
        mend_region(filled.connection, filled.sham)


def judged(region: Region, moment: datetime, back: Back) -> list[str]:
    """Collect the last days anew, and judge them as if for the first time."""
    mark = "last_sweep_at" if back is Back.NINE_DAYS else "last_look_back_at"
    RegionStatus.objects.filter(region=region).update(**{mark: None})
    forget_judgements()
    assert collect(region, moment).failure == ""
    # Distributions are compared with what was left of the days before.
    n_days = 20 if back is Back.NINE_DAYS else 1
    list(rescore(moment.date() - timedelta(days=n_days), moment))
    watch(moment)
    judge_days(moment)
    return sorted(Alert.objects.filter(region=region).values_list("kind", flat=True))


def test_it_opens_no_alert_in_a_healthy_region(found: dict[str, list[str]]) -> None:
    assert found[""] == []


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_it_opens_the_alert_that_it_names(found: dict[str, list[str]], name: str) -> None:
    assert SCENARIOS[name].kind in found[name]


def test_it_has_a_scenario_for_each_fault() -> None:
    assert SCENARIOS.keys() == CHANGES.keys()


def test_it_rewrites_whole_days_of_the_regions_own_clock() -> None:
    moment = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
    sham = ShamRegion("alpha", "Alpha", "Asia/Kamchatka")

    since = SCENARIOS["errors"].back.since(moment, sham)

    assert since == datetime(2026, 3, 3, 12, tzinfo=UTC)
