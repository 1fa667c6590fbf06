from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import chain

import pytest
from django.db import connection

from regions.models import Region, RegionStatus
from regions.plan import due_regions
from tests.builders import NOW, make_path, make_region, make_status

pytestmark = pytest.mark.integration
LATER = NOW + timedelta(minutes=11)


def make_due(code: str = "tver", **status: object) -> Region:
    region = make_region(code)
    make_path(region)
    make_status(region, next_due_at=NOW - timedelta(minutes=1))
    RegionStatus.objects.filter(region=region).update(**status)
    return region


@pytest.mark.django_db
def test_it_plans_a_region_that_was_never_collected() -> None:
    make_path(make_region("tver"))

    assert due_regions(NOW) == [("tver", False)]


@pytest.mark.django_db
def test_it_plans_a_region_once() -> None:
    make_due()

    assert [due_regions(NOW), due_regions(NOW)] == [[("tver", False)], []]


@pytest.mark.django_db
def test_it_plans_a_region_with_two_paths_once() -> None:
    make_path(make_due(), position=2)

    assert due_regions(NOW) == [("tver", False)]


@pytest.mark.django_db
def test_it_plans_the_longest_due_first() -> None:
    make_due("young", next_due_at=NOW - timedelta(minutes=1))
    make_due("old", next_due_at=NOW - timedelta(minutes=2))

    assert [code for code, _has_failed in due_regions(NOW)] == ["old", "young"]


@pytest.mark.django_db
def test_it_leaves_a_region_that_is_not_due() -> None:
    make_due(next_due_at=NOW + timedelta(seconds=1))

    assert due_regions(NOW) == []


@pytest.mark.django_db
def test_it_sends_a_region_that_failed_to_the_slow_lane() -> None:
    make_due(n_failures=3)

    assert due_regions(NOW) == [("tver", True)]


@pytest.mark.django_db
def test_it_plans_anew_what_a_lost_queue_held() -> None:
    make_due(queued_at=NOW)

    assert [due_regions(NOW + timedelta(minutes=9)), due_regions(LATER)] == [[], [("tver", False)]]


@pytest.mark.django_db
def test_it_leaves_regions_that_cannot_be_collected() -> None:
    make_region("offline")
    make_path(make_region("closed"), is_enabled=False)
    make_path(make_region("idle", is_active=False))

    assert due_regions(NOW) == []


@pytest.mark.django_db(transaction=True)
def test_it_plans_no_region_twice_when_planners_meet() -> None:
    codes = [f"r{number}" for number in range(30)]
    for code in codes:
        make_due(code)

    def plan(_number: int) -> list[tuple[str, bool]]:
        try:
            return due_regions(NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as planners:
        planned = list(chain.from_iterable(planners.map(plan, range(4))))

    assert sorted(planned) == sorted((code, False) for code in codes)
