from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fleet.clock import now
from regions.collect import AlreadyCollecting, collect
from regions.models import (
    Collection,
    DailyCategory,
    DailyRollup,
    HourlyCause,
    HourlyFlow,
    HourlyOutput,
    HourlyRollup,
    Region,
    RegionStatus,
)
from regions.retention import prune
from regions.sessions import borrowed_session
from tests.rig.region_database import RegionDatabase
from tests.rig.rollup_truth import expected_rollups
from tests.rig.rollups import HOURLY_TABLES, differences, kept_rollups
from tests.rig.zones import zone_where_it_is

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
NOW = now()
# It is noon in the region, so that its running day holds what is a few hours old or young.
NOON_ZONE = zone_where_it_is(12, NOW)
HOUR = timedelta(hours=1)
SOON = NOW + timedelta(minutes=1)
NEXT_LOOK_BACK = NOW + timedelta(minutes=61)
NEXT_SWEEP = NOW + timedelta(hours=24, minutes=1)


@pytest.fixture
def database(region_database: Callable[..., RegionDatabase]) -> RegionDatabase:
    return region_database(time_zone=NOON_ZONE)


@pytest.fixture
def region(database: RegionDatabase, make_region: Callable[..., Region]) -> Region:
    return make_region(database)


def wrong(database: RegionDatabase, region: Region) -> list[str]:
    return differences(expected_rollups(database), kept_rollups(region))


def status_of(region: Region) -> RegionStatus:
    return RegionStatus.objects.get(region=region)


def test_it_collects_for_the_first_time(database: RegionDatabase, region: Region) -> None:
    for hours in (0, 1, 50, 2100):
        database.insert_study(NOW - hours * HOUR, scores=[0.2, 0.7])

    run = collect(region, NOW)

    assert (run.failure, run.sentence, run.n_hours_replaced) == ("", "", 4)
    assert wrong(database, region) == []


def test_it_counts_every_outcome(database: RegionDatabase, region: Region) -> None:
    for status in ("done", "failed", "timeout", "cancelled", "rejected", "queued", "odd", None):
        database.insert_study(NOW - HOUR, status=status, scores=[0.5] if status else [])
    database.insert_study(NOW - HOUR, attempt={"fallback_kind": "cpu", "fallback_reason": "oom"})
    database.insert_rejection(NOW - HOUR)

    collect(region, NOW)

    hour = HourlyRollup.objects.get()
    outcomes = (hour.n_done, hour.n_failed, hour.n_rejected, hour.n_pending, hour.n_unknown)
    assert outcomes == (2, 3, 1, 2, 1)
    assert (hour.n_expected, hour.n_fallback, hour.n_filtered, hour.n_scored) == (9, 1, 1, 1)
    assert wrong(database, region) == []


def test_it_judges_an_answer_by_its_last_attempt(database: RegionDatabase, region: Region) -> None:
    study_ref = database.insert_study(NOW - HOUR, status="failed", scores=[0.1])
    last = database.insert_attempt(study_ref, attempt_no=3, ended_at=NOW)
    database.insert_prediction(last, study_ref, 0.9)
    database.insert_attempt(study_ref, attempt_no=2, status="timeout")
    database.insert_attempt(study_ref, pipeline_code="chest", status="queued")

    collect(region, NOW)

    hour = HourlyRollup.objects.get()
    assert (hour.n_done, hour.n_failed, hour.n_pending, hour.n_positive) == (1, 0, 1, 1)
    assert wrong(database, region) == []


def test_it_replaces_nothing_when_nothing_changed(database: RegionDatabase, region: Region) -> None:
    database.insert_study(NOW - HOUR)
    collect(region, NOW)

    run = collect(region, NEXT_SWEEP)

    assert run.n_hours_replaced == 0
    assert run.n_hours_checked > 2000


def test_it_keeps_nothing_of_a_region_without_rows(region: Region) -> None:
    run = collect(region, NOW)

    assert run.failure == ""
    assert not HourlyRollup.objects.exists()


def test_it_finds_a_recent_row_at_once(database: RegionDatabase, region: Region) -> None:
    collect(region, NOW)
    database.insert_study(NOW - 5 * HOUR)

    run = collect(region, SOON)

    assert run.n_hours_replaced == 1
    assert wrong(database, region) == []


def test_it_finds_a_late_row_within_the_hour(database: RegionDatabase, region: Region) -> None:
    collect(region, NOW)
    database.insert_study(NOW - 70 * HOUR, scores=[0.9])

    run = collect(region, NEXT_LOOK_BACK)

    assert run.n_hours_replaced == 1
    assert wrong(database, region) == []


def test_it_finds_an_old_correction_within_the_day(
    database: RegionDatabase, region: Region
) -> None:
    database.insert_study(NOW - timedelta(days=80), status="failed")
    collect(region, NOW)
    database.execute("UPDATE attempt_native SET status = 'done'")

    runs = [collect(region, moment) for moment in (NEXT_LOOK_BACK, NEXT_SWEEP)]

    assert [run.n_hours_replaced for run in runs] == [0, 1]
    assert wrong(database, region) == []


def test_it_sweeps_when_told_to(database: RegionDatabase, region: Region) -> None:
    collect(region, NOW)
    database.insert_study(NOW - timedelta(days=80))

    run = collect(region, SOON, is_sweep=True)

    assert run.n_hours_replaced == 1


def test_it_looks_back_beyond_a_silence(database: RegionDatabase, region: Region) -> None:
    collect(region, NOW - timedelta(days=10))
    database.insert_study(NOW - timedelta(days=12))
    RegionStatus.objects.update(last_sweep_at=NOW)

    run = collect(region, NOW)

    assert run.n_hours_replaced == 1


def test_it_fetches_all_of_a_silence_that_was_longer_than_hours_are_kept(
    database: RegionDatabase, region: Region
) -> None:
    database.insert_study(NOW - timedelta(days=120))
    collect(region, NOW - timedelta(days=119))
    database.insert_study(NOW - timedelta(days=110))
    database.insert_study(NOW - timedelta(days=120))
    prune(NOW)

    collect(region, NOW)

    assert wrong(database, region) == []


def test_it_moves_a_row_between_hours(database: RegionDatabase, region: Region) -> None:
    database.insert_study(NOW - HOUR, scores=[0.5])
    collect(region, NOW)
    database.execute("UPDATE study_native SET received_at = received_at - interval '2 hours'")

    run = collect(region, NEXT_LOOK_BACK)

    assert run.n_hours_replaced == 2
    assert wrong(database, region) == []


def test_it_says_nought_of_an_hour_whose_rows_are_gone(
    database: RegionDatabase, region: Region
) -> None:
    database.insert_study(NOW - HOUR, scores=[0.5])
    database.insert_rejection(NOW - HOUR)
    collect(region, NOW)
    database.execute("TRUNCATE study_native, attempt_native, prediction_native, rejection_native")

    collect(region, NEXT_LOOK_BACK)

    assert wrong(database, region) == []
    assert list(HourlyRollup.objects.values_list("n_received", "n_filtered")) == [(0, 0)]
    assert list(DailyRollup.objects.values_list("n_received", "latency_p50_s")) == [(0, None)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE study_native SET modality = 'CR'",
        "UPDATE attempt_native SET status = 'failed', error_class = 'oom'",
        "UPDATE prediction_native SET score = 0.1, is_positive = false",
        "UPDATE rejection_native SET reason_code = 'unreadable'",
        "DELETE FROM attempt_native",
        "DELETE FROM prediction_native",
        "DELETE FROM rejection_native",
    ],
)
def test_it_follows_a_change_of_one_table(
    change: str, database: RegionDatabase, region: Region
) -> None:
    database.insert_study(NOW - HOUR, scores=[0.9])
    database.insert_rejection(NOW - HOUR)
    collect(region, NOW)
    database.execute(change)

    collect(region, NEXT_LOOK_BACK)

    assert wrong(database, region) == []


@pytest.mark.parametrize(
    ("view", "change"),
    [
        ("study", "UPDATE study_native SET modality = 'CT'"),
        ("processing", "UPDATE attempt_native SET status = 'failed'"),
        ("prediction", "UPDATE prediction_native SET score = 0.1, is_positive = false"),
        ("input_rejection", "UPDATE rejection_native SET reason_code = 'unreadable'"),
    ],
)
def test_it_follows_changes_of_rows_without_a_version(
    database: RegionDatabase, region: Region, view: str, change: str
) -> None:
    shown = database.execute(f"SELECT pg_get_viewdef('fleet_contract.{view}'::regclass)")[0][0]
    plain = shown.replace("((xmin)::text)::bigint AS row_version", "NULL::bigint AS row_version")
    database.execute(f"CREATE OR REPLACE VIEW fleet_contract.{view} AS {plain}")
    database.insert_study(NOW - HOUR, scores=[0.9])
    database.insert_rejection(NOW - HOUR)
    collect(region, NOW)
    database.execute(change)

    run = collect(region, NEXT_LOOK_BACK)

    assert plain != shown
    assert run.n_hours_replaced == 1
    assert wrong(database, region) == []
    assert collect(region, NEXT_SWEEP).n_hours_replaced == 0


def test_it_fetches_the_running_days_profile_once_an_hour(
    database: RegionDatabase, region: Region
) -> None:
    counts = []
    for moment in (NOW, SOON, NEXT_LOOK_BACK):
        database.insert_study(NOW - HOUR)
        collect(region, moment)
        counts.append(DailyCategory.objects.get(attribute="modality").n)

    assert counts == [1, 1, 3]


def test_it_fetches_a_finished_days_profile_at_once(
    region_database: Callable[..., RegionDatabase], make_region: Callable[..., Region]
) -> None:
    database = region_database(time_zone=zone_where_it_is(2, NOW))
    region = make_region(database)
    for moment in (NOW, SOON):
        database.insert_study(NOW - 4 * HOUR)
        collect(region, moment)

    assert DailyCategory.objects.get(attribute="modality").n == 2


def test_it_takes_back_the_profile_of_a_day_without_rows(
    database: RegionDatabase, region: Region
) -> None:
    database.insert_study(NOW - HOUR, scores=[0.5])
    collect(region, NOW)
    database.execute("DELETE FROM study_native")

    collect(region, NEXT_LOOK_BACK)

    assert not DailyCategory.objects.exists()


def test_it_folds_what_is_too_many_and_says_so(database: RegionDatabase, region: Region) -> None:
    study_ref = database.insert_study(NOW - HOUR, scores=[0.5])
    database.execute(
        "INSERT INTO prediction_native (attempt_ref, study_ref, model_version, score)"
        " SELECT attempt_ref, study_ref, 'v' || n, 0.5"
        " FROM attempt_native, generate_series(1, 19999) n WHERE study_ref = %s",
        [study_ref],
    )

    run = collect(region, NOW)

    assert HourlyRollup.objects.get().n_scored == 20_000
    assert HourlyOutput.objects.count() == 257
    assert HourlyOutput.objects.get(model_version="(other)").n_scored == 19_744
    assert status_of(region).n_capped == 19_744
    assert run.sentence == "19744 distinct values over the contract's cap count as “(other)”."


def test_the_histograms_of_what_is_folded_add_up(database: RegionDatabase, region: Region) -> None:
    study_ref = database.insert_study(NOW - HOUR, scores=[0.5])
    database.execute(
        "INSERT INTO attempt_native (attempt_ref, study_ref, attempt_no, pipeline_code,"
        " pipeline_version, queued_at, started_at, ended_at, status, fallback_kind)"
        " SELECT 'f' || n, study_ref, 1, 'p' || n, pipeline_version, queued_at, started_at,"
        " ended_at, status, fallback_kind"
        " FROM attempt_native, generate_series(1, 99) n WHERE study_ref = %s",
        [study_ref],
    )

    collect(region, NOW)

    folded = HourlyFlow.objects.get(pipeline_code="(other)")
    kept = HourlyFlow.objects.exclude(pipeline_code="(other)").first()
    assert kept is not None
    assert folded.n_done == 36
    assert folded.latency_histogram == [36 * n for n in kept.latency_histogram]
    assert folded.wait_histogram == [36 * n for n in kept.wait_histogram]
    assert (sum(kept.latency_histogram), sum(kept.wait_histogram)) == (1, 1)
    assert HourlyRollup.objects.get().n_done == 100
    assert status_of(region).n_capped == 36


def test_it_brings_impossible_numbers_to_the_rollups(
    database: RegionDatabase, region: Region
) -> None:
    infinite = float("inf")
    for value in (float("nan"), infinite, -infinite):
        database.insert_study(NOW - HOUR, scores=[value], kvp=value, latency=-HOUR)
    database.execute("UPDATE attempt_native SET queued_at = 'infinity' WHERE row_id = 1")
    database.insert_study(NOW - HOUR, n_images=-(2**31), patient_age_years=32767)

    run = collect(region, NOW)

    assert run.sentence == ""
    assert HourlyOutput.objects.get().n_invalid == 3
    assert HourlyRollup.objects.get().n_bad_latency == 3


def test_it_brings_every_text_to_the_rollups(database: RegionDatabase, region: Region) -> None:
    text = "<script>alert('1')</script>'; DROP TABLE regions_region; --\\{}\"" + "ю" * 1_000_000
    database.insert_study(
        NOW - HOUR,
        status="failed",
        modality=text,
        manufacturer=text,
        org_code=text,
        attempt={"error_class": text, "pipeline_code": text, "pipeline_version": text},
    )

    collect(region, NOW)

    assert wrong(database, region) == []
    assert HourlyCause.objects.get().reason == text[:64]


def test_it_counts_misdated_studies_once_a_sweep(database: RegionDatabase, region: Region) -> None:
    for moment in ("1970-01-01", "2999-12-31", "infinity", "-infinity", "0044-03-15 BC", None):
        database.execute("INSERT INTO study_native (received_at) VALUES (%s)", [moment])

    run = collect(region, NOW)

    assert (run.failure, run.n_hours_replaced) == ("", 0)
    assert status_of(region).n_misdated == 6
    assert status_of(region).latest_received_at is None


def test_it_leaves_a_region_to_the_worker_that_has_it(region: Region) -> None:
    with borrowed_session(region) as session:
        session.center.execute("SELECT pg_advisory_lock(7301, %s)", [region.pk])

        with pytest.raises(AlreadyCollecting):
            collect(Region.objects.get(pk=region.pk), NOW)

        session.center.execute("SELECT pg_advisory_unlock_all()")
    assert not Collection.objects.exists()


def test_it_keeps_the_buckets_of_a_region_that_stops_answering(
    database: RegionDatabase, region: Region
) -> None:
    database.insert_study(NOW - HOUR, scores=[0.5])
    collect(region, NOW)
    database.execute("DROP SCHEMA fleet_contract CASCADE")

    run = collect(region, SOON)

    assert run.failure == "contract"
    assert all(kept_rollups(region)[table.__name__] for table in HOURLY_TABLES[:3])
