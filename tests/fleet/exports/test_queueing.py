"""The link window, the budget of bytes and the order, all by the region's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User

from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_sources import ExportPolicy
from fleet.exports.queueing import (
    Reason,
    Waiting,
    bytes_left,
    count_bytes,
    line_waits,
    next_study,
    window_opens,
)
from regions.models import Region
from tests.builders import NOW, make_region

State = ExportedStudy.State
pytestmark = pytest.mark.django_db
# Moscow is three hours ahead.
NIGHT = (time(22), time(6))


@pytest.fixture
def region() -> Region:
    region = make_region(time_zone="Europe/Moscow")
    ExportPolicy.objects.create(region=region, is_allowed=True)
    return region


def policy(region: Region, **fields: object) -> ExportPolicy:
    ExportPolicy.objects.filter(region=region).update(**fields)
    return ExportPolicy.objects.get(region=region)


def queued(region: Region, priority: int = 2, state: str = State.QUEUED, **fields: object):
    requester = User.objects.get_or_create(username="engineer")[0]
    export = Export.objects.create(
        region=region, requester=requester, requested_at=NOW, priority=priority, project="p"
    )
    return ExportedStudy.objects.create(
        export=export, study_ref="s", state=state, state_since=NOW, **fields
    )


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 10, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "opens_at"),
    [
        (at(18, 59), at(19)),
        (at(19), None),
        (at(23), None),
        (at(2, 59), None),
        (at(3), at(19)),
        (at(12), at(19)),
    ],
)
def test_it_knows_a_window_that_runs_over_midnight(region, moment, opens_at):
    night = policy(region, window_begins=NIGHT[0], window_ends=NIGHT[1])

    assert window_opens(night, moment) == opens_at


@pytest.mark.parametrize(
    ("moment", "opens_at"),
    [(at(8, 59), at(9)), (at(9), None), (at(11, 59), None), (at(12), at(9) + timedelta(days=1))],
)
def test_it_knows_a_window_within_a_day(region, moment, opens_at):
    noon = policy(region, window_begins=time(12), window_ends=time(15))

    assert window_opens(noon, moment) == opens_at


def test_it_leaves_the_budget_to_the_regions_local_day(region):
    limited = policy(region, bytes_per_day=1000)
    count_bytes(region, 600, at(20, 59))
    count_bytes(region, 300, at(20, 59))

    assert (bytes_left(limited, at(20, 59)), bytes_left(limited, at(21))) == (100, 1000)


def test_it_says_until_when_the_line_waits(region):
    limited = policy(region, bytes_per_day=1000)
    count_bytes(region, 1000, at(12))

    assert line_waits(limited, at(12)) == Waiting(Reason.BUDGET, at(21))
    assert next_study(region, at(12)) is None


def test_it_takes_the_urgent_then_the_furthest_then_the_oldest(region):
    late, fetched, urgent = queued(region), queued(region, state=State.FETCHING), queued(region, 1)
    order = []
    while study := next_study(region, NOW):
        order.append(study.pk)
        study.delete()

    assert order == [urgent.pk, fetched.pk, late.pk]


@pytest.mark.parametrize(
    "fields",
    [
        {"is_paused": True},
        {"retry_at": NOW + timedelta(seconds=1)},
        {"state": State.PREVIEW},
        {"state": State.WAITING_APPROVAL},
    ],
)
def test_it_leaves_a_study_alone_that_waits_for_something_else(region, fields):
    queued(region, **fields)

    assert next_study(region, NOW) is None


def test_it_cleans_a_study_while_the_line_is_closed(region):
    policy(region, window_begins=time(1), window_ends=time(2))
    queued(region)
    cleaning = queued(region, state=State.CLEANING)

    assert next_study(region, NOW) == cleaning


def test_it_takes_nothing_from_a_region_that_lets_nothing_out_any_more(region):
    policy(region, is_allowed=False)
    queued(region)

    assert next_study(region, NOW) is None
