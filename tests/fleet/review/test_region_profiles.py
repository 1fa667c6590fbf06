"""Scores and inputs beside the region's own reference."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db.models import Sum

from fleet.review.attributes import INPUT_RANGES, Bins
from fleet.review.day import review
from fleet.review.profiles import inputs_of, scores_of
from fleet.review.reference import Reference, reference_of
from regions.models import DailyCategory, DailyInput, DailyRollup, DailyScore, Region
from regions.sql import sql_file
from tests.builders import NOW, TODAY, make_region
from tests.rig.region_rows import fill_days

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


@pytest.fixture
def region():
    region = make_region()
    fill_days(region, TODAY, NOW, n_days=40)
    return region


def reference(day: date = TODAY) -> Reference:
    (row,) = review(day, NOW, Region.objects.all()).rows
    return reference_of(row, day)


def test_it_takes_the_last_days_that_are_over(region):
    days = reference().days

    assert days == tuple(TODAY - n * ONE_DAY for n in range(28, 0, -1))


def test_it_leaves_gaps_out_and_goes_further_back(region):
    DailyRollup.objects.filter(day__gte=TODAY - 5 * ONE_DAY, day__lt=TODAY).delete()

    assert reference().days[-1] == TODAY - 6 * ONE_DAY
    assert len(reference().days) == 28


def test_it_compares_working_days_with_working_days(region):
    Region.objects.update(open_weekdays="12345")

    working, off = reference().days, reference(date(2026, 3, 8)).days

    assert {day.isoweekday() for day in working} == {1, 2, 3, 4, 5}
    assert {day.isoweekday() for day in off} == {6, 7}
    assert reference(date(2026, 3, 8)).text.startswith("Reference: 11 days off, from")


def test_it_leaves_holidays_to_the_days_off(region):
    Region.objects.update(open_weekdays="12345", country="RU")

    assert date(2026, 2, 23) not in reference().days
    assert {date(2026, 2, 23), date(2026, 3, 8)} <= set(reference(date(2026, 3, 9)).days)


def test_it_says_its_window_and_its_number_of_days(region):
    assert reference().text == "Reference: 28 working days, from 10 February to 9 March."


def test_it_says_that_there_is_none_yet(region):
    DailyRollup.objects.filter(day__lt=TODAY).delete()

    assert reference().text.startswith("There is no reference yet")


def test_its_scores_are_sums_of_the_rollups(region):
    days = reference().days
    density, _malignancy = scores_of(region.pk, TODAY, reference())

    rows = DailyScore.objects.filter(class_code=density.class_code)
    total = rows.filter(day__in=days).aggregate(n=Sum("n_scored"), p=Sum("n_positive"))
    bins = [row.score_histogram for row in rows.filter(day=TODAY)]
    assert density.compared.bins == [sum(column) for column in zip(*bins, strict=True)]
    assert (density.compared.n_reference, density.n_positive_reference) == tuple(total.values())
    assert density.versions == {"4.2"}


def test_its_inputs_are_sums_of_the_rollups(region):
    inputs, categories = inputs_of(region.pk, TODAY, reference())

    of_day = DailyInput.objects.filter(day=TODAY, attribute="kvp")
    of_value = DailyCategory.objects.filter(day__in=reference().days, category="MG")
    assert inputs["kvp"].compared.n == of_day.aggregate(n=Sum("n"))["n"]
    assert inputs["kvp"].devices["Acme Mammo 3"].bins == of_day.first().histogram
    assert categories["modality"].values["MG"][1] == of_value.aggregate(n=Sum("n"))["n"]


def test_it_knows_the_contracts_ranges():
    text = "".join(sql_file("contract/2_derived.sql").split())

    assert all(f"('{name}',{low:g},{high:.10g})" in text for name, (low, high) in ranges())


def ranges():
    return INPUT_RANGES.items()


def test_it_names_a_bin_by_its_edges():
    bins = Bins(0, 62)

    assert [bins.edges(n) for n in (0, 1, 62, 63)] == [(None, 0), (0, 1), (61, 62), (62, None)]
    assert bins.median([0] * 10 + [4, 4] + [0] * 52) == 9.5
    assert bins.median([0] * 64) is None
