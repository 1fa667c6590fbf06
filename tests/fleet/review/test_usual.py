from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.review.known import Span
from fleet.review.usual import Usual, usuals
from regions.daysoff import calendars
from regions.models import Region
from tests.builders import TODAY, make_daily, make_region

WEEK = timedelta(days=7)


def usual_of(region: Region, first_day: date, before: date = TODAY) -> Usual | None:
    spans = [Span(region.pk, first_day, before)]
    return usuals(TODAY, spans, calendars([region]), {region.pk}).get(region.pk)


@pytest.fixture
def region(db: None) -> Region:
    return make_region()


def test_it_takes_the_same_weekdays_of_eight_weeks(region):
    for n in range(1, 70):
        is_tuesday = n % 7 == 0
        make_daily(region, TODAY - timedelta(days=n), n_received=400 + n if is_tuesday else 9)

    usual = usual_of(region, TODAY - 10 * WEEK)

    assert (usual.n_days, usual.n_received) == (8, 400 + (28 + 35) / 2)
    assert 407 < usual.low < 421
    assert 449 < usual.high < 456


def test_it_counts_a_known_day_without_studies_as_zero(region):
    make_daily(region, TODAY - WEEK, n_received=300)
    make_daily(region, TODAY - 3 * WEEK, n_received=200)

    usual = usual_of(region, TODAY - 3 * WEEK)

    assert (usual.n_days, usual.n_received) == (3, 200)


def test_it_has_no_band_of_two_days(region):
    make_daily(region, TODAY - WEEK)

    usual = usual_of(region, TODAY - 2 * WEEK)

    assert (usual.n_days, usual.low, usual.high, usual.has_band) == (2, None, None, False)


def test_it_leaves_out_days_that_are_not_wholly_known(region):
    for n in range(1, 9):
        make_daily(region, TODAY - n * WEEK, n_received=3 if n == 1 else 100)

    usual = usual_of(region, TODAY - 10 * WEEK, before=TODAY - WEEK)

    assert (usual.n_days, usual.low) == (7, 100)


def test_it_knows_nothing_usual_of_a_new_region(region):
    make_daily(region, TODAY)

    assert usual_of(region, TODAY) is None


def test_it_takes_the_median_of_shares(region):
    for n, failed in enumerate((0, 10, 100), start=1):
        make_daily(region, TODAY - n * WEEK, n_done=100 - failed, n_failed=failed, n_filtered=25)

    usual = usual_of(region, TODAY - 3 * WEEK)

    assert usual.rejected_share == pytest.approx(0.2)
    assert (usual.fallback_share, usual.latency_p95_s) == (0, 60)


def test_it_has_no_share_where_nothing_was_done(region):
    make_daily(region, TODAY - WEEK, n_done=0, n_fallback=0)

    assert usual_of(region, TODAY - WEEK).fallback_share is None


@given(first=st.integers(-10, 80), before=st.integers(-10, 80))
def test_it_counts_the_days_of_the_span(first, before):
    from fleet.review.usual import _n_days

    span = Span(1, TODAY - timedelta(days=first), TODAY - timedelta(days=before))

    asked = [TODAY - n * WEEK for n in range(1, 9)]
    assert _n_days(TODAY, span) == sum(span.first_day <= day < span.before for day in asked)
