from __future__ import annotations

from datetime import date, timedelta

import pytest

from fleet.review.day import ReviewDay, review
from fleet.review.models import SignOff
from fleet.review.signing import shown_token, sign
from fleet.review.unsigned import changed_days, unsigned_days
from regions.models import DailyRollup, Region
from tests.builders import NOW, TODAY, make_daily, make_healthy_region, make_person, make_region

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def reviewed(day: date = TODAY) -> ReviewDay:
    return review(day, NOW, Region.objects.filter(is_active=True))


def sign_day(day: date) -> SignOff:
    (row,) = reviewed(day).rows
    return sign(make_person(f"anna{day}"), row, day, shown_token(row), NOW)


def waiting(day: date = TODAY) -> list[date]:
    return [one.day for one in unsigned_days(reviewed(day)).latest()]


def test_it_lists_fourteen_finished_days():
    make_healthy_region()

    assert waiting() == [TODAY - n * DAY for n in range(1, 15)]


def test_it_leaves_out_the_reviewed_day_and_later_ones():
    make_healthy_region()

    assert waiting(TODAY - 10 * DAY) == [TODAY - n * DAY for n in range(11, 15)]


def test_it_leaves_signed_days_out():
    make_daily(make_healthy_region(), TODAY - 2 * DAY)
    sign_day(TODAY - 2 * DAY)

    assert TODAY - 2 * DAY not in waiting()
    assert len(waiting()) == 13


def test_it_lists_a_day_whose_sign_off_was_undone():
    make_daily(make_healthy_region(), TODAY - 2 * DAY)
    signed = sign_day(TODAY - 2 * DAY)
    signed.undone_at, signed.undone_by = NOW, signed.signed_by
    signed.save(update_fields=["undone_at", "undone_by"])

    assert len(waiting()) == 14


def test_it_leaves_out_weekdays_on_which_the_region_does_not_work():
    make_healthy_region(open_weekdays="12345")

    assert {day.isoweekday() for day in waiting()} == {1, 2, 3, 4, 5}
    assert len(waiting()) == 10


def test_it_leaves_out_holidays():
    make_healthy_region(open_weekdays="12345")
    Region.objects.update(country="RU")

    assert date(2026, 3, 9) not in waiting()
    assert len(waiting()) == 9


def test_it_leaves_out_days_before_the_first_collected_one():
    make_daily(make_region(), TODAY - 3 * DAY)

    assert waiting() == [TODAY - n * DAY for n in range(1, 4)]


def test_it_counts_days_on_the_regions_calendar():
    # There midnight has just struck: the tenth of March is over.
    make_healthy_region(time_zone="Pacific/Kiritimati")

    assert waiting(TODAY + DAY)[0] == TODAY


def test_it_finds_signed_days_that_changed():
    make_daily(make_healthy_region(), TODAY - DAY, n_received=388)
    sign_day(TODAY - DAY)
    DailyRollup.objects.filter(day=TODAY - DAY).update(n_received=422, fingerprint=2)

    (found,) = changed_days(reviewed(TODAY - DAY))
    assert (found.code, found.day, found.changed) == ("tver", TODAY - DAY, "+34 studies")


def test_it_finds_a_signed_day_whose_studies_were_taken_back():
    make_daily(make_healthy_region(), TODAY - DAY, n_received=388)
    sign_day(TODAY - DAY)
    DailyRollup.objects.filter(day=TODAY - DAY).delete()

    assert [one.changed for one in changed_days(reviewed())] == ["−388 studies"]


def test_it_finds_no_change_where_only_the_fingerprint_differs():
    make_daily(make_healthy_region(), TODAY - DAY)
    sign_day(TODAY - DAY)
    DailyRollup.objects.update(fingerprint=2)

    assert changed_days(reviewed()) == []


@pytest.mark.parametrize("n", [3, 100])
def test_it_asks_the_same_number_of_questions(n, django_assert_num_queries):
    for i in range(n):
        make_healthy_region(f"r{i}")
    page = reviewed()

    with django_assert_num_queries(1):
        unsigned_days(page)
