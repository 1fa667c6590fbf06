from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet.api.access import ApiError
from fleet.api.hours import hours, window
from tests.builders import NOW, make_hourly, make_region, make_status

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def at(hour: int, day: int = 10) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def received(region, start, end) -> list[int | None]:
    found = hours(region, start, end, NOW).hours
    return [numbers.n_received if numbers else None for _, numbers in found]


def test_it_takes_dates_as_local_days():
    region = make_region(time_zone="Europe/Moscow")

    assert window(region, "2026-03-09", "2026-03-09", NOW) == (at(21, 8), at(21, 9))


def test_it_takes_moments_as_they_are():
    region = make_region()

    bounds = window(region, "2026-03-10T03:00:00+03:00", "2026-03-10T05:00:00Z", NOW)

    assert bounds == (at(0), at(5))


def test_it_takes_the_running_day_without_a_window():
    region = make_region(time_zone="Europe/Moscow")

    assert window(region, "", "", NOW) == (at(21, 9), at(21, 10))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("yesterday", "2026-03-10"),
        ("2026-03-10T05:00:00", "2026-03-11"),
        ("2026-03-11", "2026-03-10"),
        ("2026-01-01", "2026-04-03"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_it_refuses_a_wrong_window(first, last):
    with pytest.raises(ApiError) as refused:
        window(make_region(), first, last, NOW)

    assert refused.value.status == 400


def test_it_tells_rows_zeros_and_unknown_hours_apart():
    region = make_region()
    make_status(region, last_success_at=at(9))
    make_hourly(region, at(6), n_received=5)
    make_hourly(region, at(8), n_received=7)

    assert received(region, at(5), at(11)) == [None, 5, 0, 7, None, None]


def test_it_names_hours_of_the_region():
    region = make_region(time_zone="Asia/Kathmandu")

    found = hours(region, at(0), at(2), NOW).hours

    assert [hour.minute for hour, _ in found] == [15, 15]


@pytest.mark.parametrize(("day", "n"), [("2026-03-08", 23), ("2025-11-02", 25), ("2026-03-09", 24)])
def test_it_gives_every_hour_of_a_day(day, n):
    region = make_region(time_zone="America/St_Johns")

    assert len(hours(region, *window(region, day, day, NOW), NOW).hours) == n


def test_it_asks_two_questions(django_assert_num_queries):
    region = make_region()
    make_status(region)

    with django_assert_num_queries(2):
        hours(region, NOW - 92 * 24 * HOUR, NOW, NOW)
