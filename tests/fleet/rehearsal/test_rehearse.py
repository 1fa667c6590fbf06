"""A rehearsal goes from the fault to the end, says what failed, and leaves nothing behind."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from fleet.alerts.detectors.judging import judge_days
from fleet.alerts.detectors.watch import watch
from fleet.alerts.kinds import KINDS
from fleet.alerts.models import Alert, AlertEvent, Finding
from fleet.alerts.models_outbox import Message
from fleet.rehearsal import planted
from fleet.rehearsal.faults import FAULTS, NOT_REHEARSED
from fleet.rehearsal.planted import planted_region
from regions.models import HourlyRollup, Region
from tests.builders import make_channel, make_region

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
LEFT = (Region, User, Alert, AlertEvent, Finding, Message, HourlyRollup)
STEPS = [
    *("fault", "detection", "message", "button", "the message says who took it", "end"),
    "the message says that it is over",
]


def rehearse(kind: str) -> str:
    out = StringIO()
    call_command("rehearse", kind, stdout=out)
    return out.getvalue()


def said_steps(said: str) -> list[str]:
    return [line[11:].split("  ")[0] for line in said.splitlines()[:-1]]


@pytest.mark.parametrize("kind", ["errors_up", "link_lost"])
def test_it_goes_from_the_fault_to_the_end(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    make_channel()

    said = rehearse(kind)

    assert said_steps(said) == STEPS
    assert re.search(r"^ +\d+\.\d s  from the fault to the end: all steps worked\.$", said, re.M)
    chat = capfd.readouterr().err
    assert "Rehearsal (no real region) · " in chat
    assert "took it at" in chat
    assert "It is over: ● RESOLVED · Rehearsal (no real region)" in chat


@pytest.mark.parametrize("kind", list(FAULTS))
def test_it_finds_each_fault_alone(kind: str) -> None:
    with planted_region() as stage:
        stage.break_(kind, timezone.now())
        watch(timezone.now())
        judge_days(timezone.now())

        assert list(Alert.objects.values_list("kind", flat=True)) == [kind]

    assert [model.__name__ for model in LEFT if model.objects.exists()] == []


def test_it_has_a_fault_of_each_kind_or_says_why_not() -> None:
    assert sorted([*FAULTS, *NOT_REHEARSED]) == sorted(KINDS)

    with pytest.raises(CommandError, match="is of the whole fleet"):
        rehearse("collector_blind")


def test_it_names_the_step_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planted.PlantedRegion, "within_s", 0.5)

    with pytest.raises(CommandError, match=r"“message” failed after .*: no messenger is enabled"):
        rehearse("errors_up")

    assert [model.__name__ for model in LEFT if model.objects.exists()] == []


def test_it_removes_what_a_killed_rehearsal_left() -> None:
    make_region(planted.CODE)
    Region.objects.update(database_name=planted.DATABASE)
    User.objects.create_user(planted.USER)

    with planted_region() as stage:
        assert stage.region.name == planted.NAME

    assert not Region.objects.exists()


def test_it_leaves_a_real_region_of_that_code_alone() -> None:
    make_region(planted.CODE)

    with pytest.raises(CommandError, match="no rehearsal made: it is left alone"):
        rehearse("errors_up")

    assert Region.objects.get().code == planted.CODE
