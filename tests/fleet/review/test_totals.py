"""What must hold whatever the regions are: totals are the sum of the rows that count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.review.day import ReviewDay, review
from fleet.review.numbers import COUNTS
from regions.models import Region
from tests.builders import (
    NOW,
    TODAY,
    make_daily,
    make_path,
    make_region,
    make_status,
    make_tunnel,
)

pytestmark = pytest.mark.django_db
# The transaction of a test holds all its examples: each makes its regions anew.
in_one_transaction = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
COUNT = st.integers(0, 2_000)
# How many hours ago the region was collected: fresh, late, stale; None for never.
AGES = st.sampled_from([0.01, 1.0, 5.0, 7.0, 40.0, None])
NAMES = ("n_received", "n_done", "n_failed", "n_pending", "n_positive")
REGIONS = st.lists(
    st.fixed_dictionaries(
        {
            "age": AGES,
            "open_weekdays": st.sampled_from(["1234567", "13457"]),
            "counts": st.none() | st.fixed_dictionaries(dict.fromkeys(NAMES, COUNT)),
        }
    ),
    max_size=6,
)


def make(code: str, age: float | None, open_weekdays: str, counts: dict[str, int] | None) -> None:
    region = make_region(code, open_weekdays=open_weekdays)
    make_tunnel(make_path(region))
    known_as_of = NOW - timedelta(hours=age) if age is not None else None
    make_status(region, last_success_at=known_as_of)
    make_daily(region, TODAY - timedelta(days=20))
    if counts is not None:
        make_daily(region, **counts)


def page_of(regions: list[dict]) -> ReviewDay:
    # Cheaper than to remove those of the example before.
    Region.objects.update(is_active=False)
    first = Region.objects.count()
    for n, region in enumerate(regions, first):
        make(f"r{n}", **region)
    return review(TODAY, NOW, Region.objects.filter(is_active=True))


@in_one_transaction
@given(regions=REGIONS)
def test_the_totals_are_the_sums_of_the_covered_rows(regions):
    page = page_of(regions)

    covered = [row.numbers for row in page.rows if row.counts]
    assert page.totals.n_covered == len(covered) <= page.totals.n_expected <= len(page.rows)
    for name in COUNTS:
        total = getattr(page.totals.numbers, name) if page.totals.numbers else 0
        assert total == sum(getattr(numbers, name) for numbers in covered)


@in_one_transaction
@given(regions=REGIONS, counts=st.fixed_dictionaries({"n_received": COUNT, "n_failed": COUNT}))
def test_a_stale_region_changes_no_total(regions, counts):
    without = page_of(regions).totals
    make(f"stale{Region.objects.count()}", 7.0, "1234567", counts)

    totals = review(TODAY, NOW, Region.objects.filter(is_active=True)).totals

    assert (totals.numbers, totals.n_covered) == (without.numbers, without.n_covered)
    assert totals.n_expected == without.n_expected + 1
