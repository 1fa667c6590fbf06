"""One node of three repeats its answers: after an update, and since the region's first day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from fleet.alerts.detectors.judging import judge_days
from fleet.alerts.detectors.watch import watch
from fleet.alerts.messages import text_of
from fleet.alerts.models import Finding
from fleet.alerts.models_outbox import Message
from fleet.alerts.pages.details import detail_of
from fleet.demo.breaking import break_region, mend_region
from fleet.demo.faults import Fault
from fleet.demo.sham import Shape
from regions.collect import collect
from regions.models import AccessPath, DailyScore, HourlyOutput, Region, RegionStatus
from regions.sessions import close_idle_sessions
from tests.builders import make_channel
from tests.rig.filled import Filled, MakeFilled
from tests.rig.regions import forget_region
from tests.rig.sham_center import forget_judgements, last_wednesday, register

pytestmark = pytest.mark.integration
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
N_DAYS = 9


@dataclass
class Story:
    """What was found, and what the chat was told of it."""

    before: list[Finding] = field(default_factory=list)
    after_update: list[Finding] = field(default_factory=list)
    message: str = ""
    since_first_day: list[Finding] = field(default_factory=list)


@pytest.fixture(scope="module")
def story(
    django_db_setup: None, django_db_blocker: Any, make_filled: MakeFilled
) -> Iterator[Story]:
    end = last_wednesday()
    filled = [
        make_filled(Shape.TABLES, N_DAYS, end, code=code, name=code.title(), seed=seed, **LIKE)
        for seed, code in enumerate(("oldgpu", "fine1"), start=3)
    ]
    with django_db_blocker.unblock():
        try:
            yield live_through(filled[0], filled[1], end)
        finally:
            close_idle_sessions()
            for code in ("oldgpu", "fine1"):
                forget_region(code)
            call_command("flush", interactive=False, reset_sequences=False, verbosity=0)


LIKE = {"zone": "Europe/Moscow", "studies_per_day": 300, "n_nodes": 3}


def live_through(old: Filled, fine: Filled, end: datetime) -> Story:
    """Collect in good times, with the fault of six hours, and with that of nine days."""
    make_channel()
    region, other = register(old), register(fine)
    for one in (region, other):
        assert collect(one, end - HOUR).failure == ""
    for n in (2, 3, 4):
        make_alike(other, f"fine{n}")
    told = Story()
    watch(end - HOUR)
    judge_days(end - HOUR)
    told.before = list(Finding.objects.filter(kind="outputs_identical"))
    break_region(old.connection, old.sham, Fault("zero_tensor", end - 6 * HOUR))
    assert collect(region, end).failure == ""
    watch(end)
    told.after_update = list(Finding.objects.filter(kind="outputs_identical"))
    told.message = text_of(Message.objects.get(alert__kind="outputs_identical")).body
    mend_region(old.connection, old.sham)
    break_region(old.connection, old.sham, Fault("zero_tensor", end - N_DAYS * DAY))
    forget_judgements()
    assert collect(region, end, is_sweep=True).failure == ""
    judge_days(end)
    told.since_first_day = list(Finding.objects.filter(kind="unlike_peers"))
    return told


def make_alike(like: Region, code: str) -> None:
    """A further region that gave the same answers as another one."""
    region = Region.objects.create(code=code, name=code, time_zone=like.time_zone)
    AccessPath.objects.create(region=region, kind=AccessPath.Kind.DIRECT)
    for model in (DailyScore, HourlyOutput, RegionStatus):
        rows = list(model._default_manager.filter(region=like))
        for row in rows:
            row.region = region
            row.path_id = None
        model._default_manager.bulk_create(rows)


def test_it_finds_nothing_in_good_times(story: Story) -> None:
    assert story.before == []


def test_it_names_node_and_version_after_one_collection(story: Story) -> None:
    (found,) = story.after_update

    assert (found.service, found.version, found.attribute) == ("cxr-net", "5.1.1", "gpu-03")


def test_it_names_the_other_regions_as_fine(story: Story) -> None:
    (found,) = story.after_update

    assert detail_of(found) == (
        "Node gpu-03 repeats its answers on version 5.1.1 of cxr-net. "
        "4 other regions on this version are fine."
    )


def test_it_tells_the_chat_which_node_it_is(story: Story) -> None:
    assert "Oldgpu · A model answers the same to different studies" in story.message
    assert "cxr-net 5.1.1 gpu-03" in story.message


def test_it_finds_by_its_peers_what_was_wrong_since_the_first_day(story: Story) -> None:
    found = {(one.region.code, one.service, one.attribute) for one in story.since_first_day}

    assert found == {("oldgpu", "cxr-net", "cardiomegaly")}
