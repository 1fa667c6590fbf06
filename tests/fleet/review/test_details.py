from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.review.day import RegionDay, review
from fleet.review.details import in_full
from regions.models import DailyRollup, HourlyCause, Region, RegionStatus
from tests.builders import (
    NOW,
    TODAY,
    make_cause,
    make_daily,
    make_healthy_region,
    make_many_regions,
    make_score,
)

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def in_full_now(day=TODAY) -> RegionDay:
    """The only region of the page, with details."""
    page = review(day, NOW, Region.objects.all())
    return in_full(page, {row.region.pk for row in page.rows}).rows[0]


def test_it_keeps_thirty_days_with_the_shown_one_last():
    region = make_healthy_region(n_received=7)
    for n in range(1, 40):
        if n != 20:
            make_daily(region, TODAY - n * DAY, n_received=100 + n, n_failed=100)

    history = in_full_now().history

    assert len(history.n_received) == len(history.is_closed) == 30
    assert history.n_received[-3:] == (102, 101, 7)
    assert history.failed_share[-3:] == (0.5, 0.5, 0)
    assert history.positive_share[-1] == 0.1


def test_it_leaves_gaps_where_nobody_knows():
    make_healthy_region()

    history = in_full_now().history

    assert history.n_received[:9] == (None,) * 9
    assert history.n_received[9:12] == (100, 0, 0)
    assert history.failed_share[9:12] == (0, None, None)


def test_it_leaves_a_gap_for_days_after_the_last_collection():
    region = make_healthy_region()
    for n in (1, 2, 3):
        make_daily(region, TODAY - n * DAY)
    RegionStatus.objects.update(last_success_at=NOW - 2 * DAY)

    assert in_full_now().history.n_received[-4:] == (100, None, None, None)


def test_it_marks_the_closed_days():
    make_healthy_region(open_weekdays="12345")

    history = in_full_now().history

    # A Tuesday, with Saturday and Sunday before it.
    assert history.is_closed[-4:] == (True, True, False, False)


def test_it_has_a_history_without_values_of_a_region_never_collected():
    make_healthy_region()
    RegionStatus.objects.update(last_success_at=None)

    assert set(in_full_now().history.n_received) == {None}


def test_it_adds_the_positives_of_all_classes_and_nodes():
    region = make_healthy_region()
    for class_code in ("mass", "calc"):
        for node in ("gpu-0", "gpu-1"):
            make_score(region, class_code=class_code, node=node, n_positive=20)
            make_score(region, TODAY - DAY, class_code=class_code, node=node, n_positive=5)

    (found,) = in_full_now().positives

    assert (found.n_scored, found.n_positive, found.share, found.usual_share) == (
        400,
        80,
        0.2,
        0.05,
    )


def test_it_holds_a_new_version_against_the_model():
    region = make_healthy_region()
    make_score(region, model_version="8")
    make_score(region, TODAY - 5 * DAY, model_version="7", n_positive=50)

    row = in_full_now()

    assert [(p.model_version, p.usual_share) for p in row.positives] == [("8", 0.5)]


@pytest.mark.parametrize(("age", "is_new"), [(0, True), (6, True), (7, False)])
def test_it_calls_a_version_new_for_a_week(age, is_new):
    region = make_healthy_region()
    make_score(region, TODAY - 20 * DAY, model_version="7")
    for n in range(age + 1):
        make_score(region, TODAY - n * DAY, model_version="8")

    (version,) = in_full_now().versions

    assert (version.first_day, version.is_new) == (TODAY - age * DAY, is_new)


def test_it_does_not_call_the_first_version_new():
    make_score(make_healthy_region())

    assert [version.is_new for version in in_full_now().versions] == [False]


def make_rejecting_region(n: int) -> Region:
    region = make_healthy_region()
    DailyRollup.objects.filter(day=TODAY).update(n_rejected=n)
    return region


def test_it_names_the_most_frequent_reason_of_the_local_day():
    region = make_rejecting_region(8)
    make_cause(region, "no_pixels", 3, hour=NOW - 11 * HOUR)
    make_cause(region, "wrong_part", 2, hour=NOW - 11 * HOUR)
    make_cause(region, "wrong_part", 2, hour=NOW - 12 * HOUR)
    make_cause(region, "no_pixels", 3, hour=NOW - 30 * HOUR)
    make_cause(region, "oom", 99, kind=HourlyCause.Kind.FAILED)

    assert in_full_now().top_rejection == ("wrong_part", 4)


def test_it_names_the_reason_beside_too_many_rejections():
    make_cause(make_rejecting_region(60), "no_pixels", 60)

    (reason,) = review(TODAY, NOW, Region.objects.all()).rows[0].reasons

    assert (reason.code, reason.detail) == ("many_rejected", "Mostly “no_pixels”: 60.")


def test_it_adds_nothing_to_a_page_without_regions():
    page = review(TODAY, NOW, Region.objects.all())

    assert in_full(page, set()) == page


def test_it_adds_details_to_the_shown_regions_only():
    shown, folded = make_healthy_region("tver"), make_healthy_region("omsk")
    page = review(TODAY, NOW, Region.objects.all())

    rows = {row.region.pk: row for row in in_full(page, {shown.pk}).rows}

    assert rows[shown.pk].history is not None
    assert rows[folded.pk] in page.rows


@pytest.mark.parametrize("n", [3, 100, 1000])
def test_it_asks_three_questions_whatever_the_number_of_regions(n, django_assert_num_queries):
    make_many_regions(n)
    page = review(TODAY, NOW, Region.objects.all())

    with django_assert_num_queries(3):
        in_full(page, {row.region.pk for row in page.rows})
