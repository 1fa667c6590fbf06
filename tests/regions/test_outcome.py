from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from fleet.clock import now
from regions.collect import collect
from regions.failures import Failure
from regions.models import Collection, FailureKind, Region, RegionStatus
from regions.outcome import record_failure
from tests.builders import make_region as make_row
from tests.rig.region_database import RegionDatabase

pytestmark = pytest.mark.integration
NOW = now()
CUT = Failure(FailureKind.LINK, "The way to the database is cut.")
SECOND = timedelta(seconds=1)


def status_of(region: Region) -> RegionStatus:
    return RegionStatus.objects.get(region=region)


@pytest.mark.django_db
def test_it_says_what_failed() -> None:
    region = make_row()

    run = record_failure(region, CUT, NOW)

    status = status_of(region)
    assert (run.failure, run.sentence, run.started_at) == ("link", CUT.sentence, NOW)
    assert (status.failure, status.sentence, status.failing_since) == ("link", CUT.sentence, NOW)
    assert status.last_success_at is None


@pytest.mark.django_db
def test_it_waits_twice_as_long_after_each_failure_up_to_a_quarter_of_an_hour() -> None:
    region = make_row()
    waits = []
    for _failure in range(12):
        record_failure(region, CUT, NOW)
        waits.append((status_of(region).next_due_at - NOW) / SECOND)

    expected = [30, 60, 120, 240, 480, *[900] * 7]
    assert all(0.9 <= w / e <= 1.1 for w, e in zip(waits, expected, strict=True))
    assert len(set(waits)) == 12


@pytest.mark.django_db
def test_it_keeps_since_when_it_fails() -> None:
    region = make_row()
    for minutes in range(3):
        record_failure(region, CUT, NOW + timedelta(minutes=minutes))

    assert status_of(region).failing_since == NOW
    assert status_of(region).n_failures == 3


@pytest.mark.django_db
def test_it_cuts_a_sentence_that_is_too_long() -> None:
    run = record_failure(make_row(), Failure(FailureKind.REGION_ERROR, "x" * 9_000), NOW)

    assert len(run.sentence) == 500


@pytest.mark.django_db(transaction=True)
def test_it_forgets_the_failure_after_a_success(
    region_database: Callable[..., RegionDatabase], make_region: Callable[..., Region]
) -> None:
    region = make_region(region_database())
    record_failure(region, CUT, NOW)

    collect(region, NOW)

    status = status_of(region)
    assert (status.failure, status.sentence, status.failing_since) == ("", "", None)
    assert (status.n_failures, status.queued_at, status.last_success_at) == (0, None, NOW)
    assert 0.9 <= (status.next_due_at - NOW) / region.collect_every <= 1.1
    assert Collection.objects.filter(failure="").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_writes_down_an_error_of_our_own_and_raises_it(
    region_database: Callable[..., RegionDatabase],
    make_region: Callable[..., Region],
    settings: Any,
) -> None:
    region = make_region(region_database())
    settings.FLEET_ADMIN_DATABASE_URL = ""

    with pytest.raises(ImproperlyConfigured):
        collect(region, now())

    assert status_of(region).failure == FailureKind.CENTER
