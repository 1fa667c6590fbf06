"""In a region of the demo only what the simulator can do is rehearsed, and one thing at a time."""

from __future__ import annotations

from io import StringIO

import pytest
from celery import Celery
from django.core.management import CommandError, call_command

from fleet.demo.sham import ShamRegion
from fleet.demo.simulator import Source
from fleet.rehearsal.in_demo import KINDS, DemoRegion
from fleet.rehearsal.steps import StepFailed
from tests.builders import NOW, make_alert, make_person, make_region

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> DemoRegion:
    """A region of a demo whose database is not reached before the rehearsal may begin."""
    make_person("oncall")
    source = Source("postgresql://nowhere", ShamRegion("tver", "Tver", "UTC"))
    return DemoRegion(source, make_region(), Celery())


def test_it_says_which_kinds_the_simulator_can_show(stage: DemoRegion) -> None:
    with pytest.raises(StepFailed, match="The demo has no scenario for clock_skew") as refused:
        stage.break_("clock_skew", NOW)

    assert ", ".join(sorted(KINDS)) in str(refused.value)


def test_it_leaves_an_alert_alone_that_stands(stage: DemoRegion) -> None:
    alert = make_alert(stage.region, "errors_up")

    with pytest.raises(StepFailed, match=f"Alert #{alert.pk} of this kind stands already"):
        stage.break_("errors_up", NOW)


def test_the_command_takes_no_region_where_no_demo_runs(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEET_DEMO_DIR", str(tmp_path))

    with pytest.raises(CommandError, match="No demo runs here"):
        call_command("rehearse", "errors_up", "--region=tver", stdout=StringIO())
