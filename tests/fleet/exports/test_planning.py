from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import ExportPolicy
from fleet.exports.planning import LOST_AFTER, MOST_AT_ONCE, SILENT_AFTER, Plan, plan
from regions.models import Region
from tests.builders import NOW, make_region
from tests.rig.export_center import ask

State = ExportedStudy.State
pytestmark = pytest.mark.django_db
NOTHING = Plan([], [], [], clears_up=False)


def region_with_study(code: str = "tver", **fields: object) -> Region:
    region = make_region(code)
    ExportPolicy.objects.create(region=region, is_allowed=True)
    study = ask(region, "s-1", NOW)
    ExportedStudy.objects.filter(pk=study.pk).update(**fields)
    return region


def test_it_plans_nothing_where_nothing_is_asked():
    assert plan(NOW) == NOTHING


def test_it_lets_what_was_asked_for_be_looked_up():
    region_with_study()

    assert plan(NOW) == Plan(["tver"], [], [], clears_up=False)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.QUEUED},
        {"state": State.FETCHING, "seen_at": NOW - SILENT_AFTER},
        {"state": State.CLEANING, "seen_at": NOW - SILENT_AFTER, "is_paused": True},
    ],
)
def test_it_lets_a_region_be_brought_on(fields):
    region_with_study(**fields)

    assert plan(NOW) == Plan([], ["tver"], [], clears_up=False)


def test_it_lets_be_packed_what_was_released():
    region_with_study(state=State.PREVIEW, looked_through_at=NOW)

    assert plan(NOW) == Plan([], [], ["tver"], clears_up=False)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.WAITING_APPROVAL},
        {"state": State.QUEUED, "is_paused": True},
        {"state": State.QUEUED, "retry_at": NOW + timedelta(seconds=1)},
        {"state": State.FETCHING, "seen_at": NOW - timedelta(seconds=3)},
        {"state": State.PREVIEW},
        {"state": State.READY, "expires_at": NOW + timedelta(days=1)},
        {"state": State.FAILED},
        {"is_paused": True},
    ],
)
def test_it_leaves_a_study_alone_that_cannot_go_on(fields):
    region_with_study(**fields)

    assert plan(NOW) == NOTHING


@pytest.mark.parametrize(
    "fields",
    [
        {"wants_cancel": True},
        {"state": State.PREVIEW, "wants_cancel": True},
        {"state": State.READY, "expires_at": NOW},
        {"state": State.EXPIRED},
        {"state": State.REFUSED, "n_bytes_reserved": 1000},
    ],
)
def test_it_lets_be_cleared_up(fields):
    region_with_study(**fields)

    assert plan(NOW).clears_up


def test_it_plans_nothing_twice_until_it_counts_as_lost():
    region_with_study(state=State.QUEUED)
    moments = [NOW, NOW + timedelta(seconds=5), NOW + LOST_AFTER + timedelta(seconds=1)]

    assert [plan(moment).transfers for moment in moments] == [["tver"], [], ["tver"]]


def test_it_takes_on_only_so_many_regions_at_once():
    for n in range(MOST_AT_ONCE):
        region_with_study(f"busy{n}", state=State.FETCHING, seen_at=NOW)
    region_with_study("waiting", state=State.QUEUED)
    before = plan(NOW).transfers
    ExportedStudy.objects.filter(seen_at=NOW).update(state=State.PREVIEW)

    assert (before, plan(NOW).transfers) == ([], ["waiting"])
