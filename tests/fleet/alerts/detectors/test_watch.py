"""A fault opens one alert, a healthy fleet none, and looking again changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.alerts.detectors.turns import Turn
from fleet.alerts.detectors.watch import watch
from fleet.alerts.messages import text_of
from fleet.alerts.models import Alert, Finding
from fleet.alerts.models_evaluation import Evaluation
from fleet.alerts.models_outbox import Message
from fleet.alerts.new_normal import accept_new_normal
from fleet.alerts.pages.details import detail_of
from regions.models import (
    AccessPath,
    CalendarException,
    DailyRollup,
    FailureKind,
    HourlyOutput,
    HourlyRollup,
    Region,
    RegionStatus,
)
from regions.models.region import Level
from tests.builders import (
    NOW,
    TODAY,
    make_channel,
    make_daily,
    make_hourly,
    make_maintenance,
    make_many_regions,
    make_path,
    make_person,
    make_region,
    make_status,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def make_watched(code: str = "tver", **status: object) -> Region:
    region = make_region(code)
    make_path(region, kind=AccessPath.Kind.DIRECT)
    make_status(region, **status)
    return region


def make_past(region: Region, n_days: int = 63, **numbers: int) -> None:
    for n in range(1, n_days + 1):
        make_daily(region, TODAY - n * DAY, **numbers)


def kinds() -> list[str]:
    return sorted(Alert.objects.filter(resolved_at=None).values_list("kind", flat=True))


def test_it_finds_a_lost_link_once(db):
    lost = {"failure": FailureKind.LINK, "failing_since": NOW - 10 * MINUTE}
    region = make_watched(**lost)
    RegionStatus.objects.filter(region=region).update(n_failures=2)

    watch(NOW)
    watch(NOW + MINUTE)

    assert kinds() == ["link_lost"]
    assert Finding.objects.get().begins_at == NOW - 10 * MINUTE


def test_it_waits_for_a_second_failure(db):
    region = make_watched(failure=FailureKind.LINK, failing_since=NOW - 10 * MINUTE)
    RegionStatus.objects.filter(region=region).update(n_failures=1)

    watch(NOW)

    assert kinds() == []


def test_it_ends_a_lost_link_at_once(db):
    region = make_watched(failure=FailureKind.LINK, failing_since=NOW - 10 * MINUTE)
    RegionStatus.objects.filter(region=region).update(n_failures=2)
    watch(NOW)
    RegionStatus.objects.filter(region=region).update(
        failure="", failing_since=None, n_failures=0, last_attempt_at=NOW, last_success_at=NOW
    )

    watch(NOW + MINUTE)

    assert kinds() == []


def test_it_says_nothing_of_regions_when_the_collector_is_silent(db):
    make_watched(last_attempt_at=NOW - HOUR, last_success_at=NOW - 7 * HOUR)

    watch(NOW)
    watch(NOW + MINUTE)

    assert kinds() == ["collector_blind"]
    assert Alert.objects.get().opened_at == NOW - HOUR


def test_it_finds_stale_data_and_their_end(db):
    region = make_watched(last_success_at=NOW - 7 * HOUR)
    watch(NOW)
    before = kinds()
    RegionStatus.objects.filter(region=region).update(last_success_at=NOW)

    watch(NOW + MINUTE)

    assert (before, kinds()) == (["data_stale"], [])


def test_it_finds_stale_data_that_are_carried(db):
    region = make_region(level=Level.OFFLINE)
    make_status(region, last_attempt_at=None, last_success_at=NOW - 7 * HOUR)

    watch(NOW)

    assert kinds() == ["data_stale"]


def test_it_finds_a_broken_contract(db):
    make_watched(failure=FailureKind.CONTRACT, failing_since=NOW - HOUR, sentence="No view flow.")

    watch(NOW)

    assert kinds() == ["contract_broken"]
    assert Finding.objects.get().detail == "No view flow."


def test_it_finds_a_clock_that_is_off(db):
    region = make_watched()
    RegionStatus.objects.filter(region=region).update(clock_skew_s=-90.0)

    watch(NOW)
    watch(NOW + MINUTE)

    assert kinds() == ["clock_skew"]
    assert Finding.objects.get().score == 90


def test_it_finds_failures(db):
    region = make_watched()
    make_past(region, n_done=98, n_failed=2)
    make_daily(region, n_done=60, n_failed=40)

    watch(NOW)
    watch(NOW + MINUTE)

    assert kinds() == ["errors_up"]
    assert Finding.objects.get().score == pytest.approx(0.4)


@pytest.mark.parametrize(("n_failed", "found"), [(42, []), (80, [0.8])])
def test_it_takes_the_share_that_was_found_for_normal(db, n_failed, found):
    region = make_watched()
    make_past(region, n_done=98, n_failed=2)
    make_daily(region, n_done=60, n_failed=40)
    watch(NOW)
    accept_new_normal(Alert.objects.get(), make_person(), "An old scanner", NOW)

    RegionStatus.objects.update(last_attempt_at=NOW + DAY, last_success_at=NOW + DAY)
    make_daily(region, TODAY + DAY, n_done=100 - n_failed, n_failed=n_failed)
    watch(NOW + DAY)

    later = Finding.objects.filter(day=TODAY + DAY)
    assert list(later.values_list("score", flat=True)) == found


def test_it_leaves_failures_in_maintenance_out(db):
    region = make_watched()
    make_maintenance(region)
    make_past(region, n_done=98, n_failed=2)
    make_daily(region, n_done=60, n_failed=40)
    make_hourly(region, NOW - HOUR)
    HourlyRollup.objects.update(n_failed=40, n_expected=40)

    watch(NOW)

    assert kinds() == []


def test_it_finds_slow_answers(db):
    region = make_watched()
    make_past(region)
    make_daily(region)
    quick, late = [0] * 128, [0] * 128
    quick[80], late[125] = 100, 100
    DailyRollup.objects.update(latency_histogram=quick)
    DailyRollup.objects.filter(day=TODAY).update(latency_histogram=late)

    watch(NOW)

    assert kinds() == ["latency_up"]


def test_it_finds_answers_that_are_waited_for(db):
    region = make_watched()
    make_hourly(region, NOW - 5 * HOUR)
    HourlyRollup.objects.update(n_expected=60, n_pending=50)

    watch(NOW)

    assert kinds() == ["backlog"]
    assert Finding.objects.get().score == 50


def test_it_lets_answers_be_on_their_way(db):
    region = make_watched()
    make_hourly(region, NOW - HOUR)
    HourlyRollup.objects.update(n_expected=60, n_pending=50)

    watch(NOW)

    assert kinds() == []


def make_weeks(region: Region, *, last: int) -> None:
    """Ten studies in every hour of nine weeks but the last ones."""
    make_past(region)
    first = make_hourly(region, NOW - last * HOUR)
    values = {
        field.attname: getattr(first, field.attname)
        for field in HourlyRollup._meta.local_concrete_fields
        if field.attname != "hour"
    }
    HourlyRollup.objects.bulk_create(
        HourlyRollup(hour=NOW - n * HOUR, **values) for n in range(last + 1, 9 * 7 * 24)
    )


def test_it_finds_silence_once(db):
    region = make_watched()
    make_weeks(region, last=12)

    watch(NOW)
    RegionStatus.objects.update(last_attempt_at=NOW + 2 * HOUR, last_success_at=NOW + 2 * HOUR)
    watch(NOW + 2 * HOUR)

    assert kinds() == ["region_silent"]
    assert Finding.objects.get().begins_at == NOW - 11 * HOUR


@pytest.mark.parametrize("age", [0, 7])
def test_it_expects_no_study_on_a_holiday_and_takes_none_for_usual(age, db):
    region = make_watched()
    make_weeks(region, last=12)
    for n in (0, 1) if age == 0 else range(7, 50, 7):
        for day in (TODAY - n * DAY, TODAY - (n + 1) * DAY):
            CalendarException.objects.get_or_create(region=region, day=day, reason="A holiday")

    watch(NOW)

    assert kinds() == []


def test_it_does_not_mistake_an_hour_for_silence(db):
    make_weeks(make_watched(), last=2)

    watch(NOW)

    assert kinds() == []


def make_outputs(region: Region, node: str, *, n_identical: int = 1, n: int = 12) -> None:
    HourlyOutput.objects.bulk_create(
        HourlyOutput(
            region=region,
            hour=NOW - HOUR,
            model_code="mammo",
            model_version="7",
            class_code=class_code,
            node=node,
            n_scored=n,
            n_positive=1,
            n_invalid=0,
            n_distinct=n - n_identical + 1,
            n_identical=n_identical,
            n_objects=0,
        )
        for class_code in ("mass", "calc")
    )


def test_it_tells_the_story_of_the_old_gpu(db):
    regions = [make_watched(code) for code in ("tver", "omsk", "perm")]
    for region in regions:
        for node in ("gpu-0", "gpu-1", "gpu-2"):
            is_old = region.code == "tver" and node == "gpu-2"
            make_outputs(region, node, n_identical=12 if is_old else 1)

    watch(NOW)
    watch(NOW + MINUTE)

    found = Finding.objects.get()
    assert kinds() == ["outputs_identical"]
    assert (found.region, found.service, found.version) == (regions[0], "mammo", "7")
    assert found.attribute == "gpu-2"
    assert detail_of(found) == (
        "Node gpu-2 repeats its answers on version 7 of mammo. "
        "2 other regions on this version are fine."
    )


def test_it_knows_what_a_class_repeats_by_nature(db):
    region = make_watched()
    make_outputs(region, "gpu-0")
    HourlyOutput.objects.filter(class_code="calc").update(n_identical=12)

    watch(NOW)

    assert kinds() == []


def test_it_clears_a_day_without_findings(db):
    region = make_watched()
    make_past(region, n_done=98, n_failed=2)
    make_daily(region, n_done=60, n_failed=40)
    watch(NOW)
    make_daily(region, TODAY + DAY)
    RegionStatus.objects.update(last_attempt_at=NOW + 2 * DAY, last_success_at=NOW + 2 * DAY)

    watch(NOW + 2 * DAY)
    watch(NOW + 2 * DAY + MINUTE)

    assert Alert.objects.get().n_clear_days == 1


def test_it_judges_numbers_once_a_collection(db):
    make_watched()
    watch(NOW)
    watch(NOW + MINUTE)

    assert set(Evaluation.objects.values_list("evaluated_at", flat=True)) == {NOW}


def test_it_asks_as_often_for_many_regions(db):
    counts = []
    for n in (3, 100):
        Alert.objects.all().delete()
        RegionStatus.objects.all().delete()
        AccessPath.objects.all().delete()
        DailyRollup.objects.all().delete()
        Evaluation.objects.all().delete()
        Region.objects.all().delete()
        make_many_regions(n)
        with CaptureQueriesContext(connection) as asked:
            watch(NOW)
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert kinds() == []


@pytest.mark.django_db(transaction=True)
def test_it_leaves_when_another_watches():
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [Turn.WATCHING])
        said = watch(NOW)
        # The pool keeps the session.
        cursor.execute("SELECT pg_advisory_unlock(%s)", [Turn.WATCHING])
    other.close()

    assert said == "Somebody else is watching."


def test_it_names_node_and_version_in_the_message(db):
    make_channel()
    make_outputs(make_watched(), "gpu-2", n_identical=12)

    watch(NOW)

    assert "mammo 7 gpu-2" in text_of(Message.objects.get()).body
