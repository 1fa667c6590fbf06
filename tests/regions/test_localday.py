from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.core.exceptions import ValidationError

from regions.localday import HOUR, day_bounds, day_hours, local_day, validate_time_zone

SHIFTED_BY_HALF_AN_HOUR = {"Australia/LHI", "Australia/Lord_Howe"}
ST_JOHNS = ZoneInfo("America/St_Johns")
HAVANA = ZoneInfo("America/Havana")
CAIRO = ZoneInfo("Africa/Cairo")


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Asia/Kamchatka", date(2026, 1, 2)),
        ("Europe/Kaliningrad", date(2026, 1, 1)),
        ("Asia/Kathmandu", date(2026, 1, 1)),
        ("America/St_Johns", date(2026, 1, 1)),
    ],
)
def test_it_knows_the_day_of_the_region(zone: str, day: date) -> None:
    assert local_day(datetime(2026, 1, 1, 18, 14, tzinfo=UTC), ZoneInfo(zone)) == day


def test_it_begins_a_day_between_utc_hours() -> None:
    start, end = day_bounds(date(2026, 1, 1), ZoneInfo("Asia/Kathmandu"))

    assert start == datetime(2025, 12, 31, 18, 15, tzinfo=UTC)
    assert end - start == timedelta(hours=24)


@pytest.mark.parametrize(
    ("zone", "day", "n_hours"),
    [
        (ST_JOHNS, date(2026, 3, 8), 23),
        (ST_JOHNS, date(2026, 7, 1), 24),
        (ST_JOHNS, date(2026, 11, 1), 25),
        (HAVANA, date(2026, 3, 8), 23),
        (HAVANA, date(2026, 11, 1), 25),
        (CAIRO, date(2026, 4, 24), 23),
        (CAIRO, date(2026, 10, 29), 25),
    ],
)
def test_it_tiles_the_day_with_hours(zone: ZoneInfo, day: date, n_hours: int) -> None:
    hours = day_hours(day, zone)

    assert len(hours) == n_hours
    assert {local_day(hour, zone) for hour in hours} == {day}
    assert day_bounds(day, zone) == (hours[0], hours[-1] + timedelta(hours=1))


def test_it_begins_a_day_at_the_first_of_two_midnights() -> None:
    start, _end = day_bounds(date(2026, 11, 1), HAVANA)

    assert start == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_it_begins_a_day_without_midnight_at_the_jump() -> None:
    start, _end = day_bounds(date(2026, 4, 24), CAIRO)

    assert start == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert start.astimezone(CAIRO).hour == 1


def test_it_tiles_the_year_with_local_days_in_every_zone_that_is_accepted() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(366)]

    gaps = {name for name in available_timezones() if not tiles(days, ZoneInfo(name))}

    assert gaps == SHIFTED_BY_HALF_AN_HOUR


def tiles(days: list[date], zone: ZoneInfo) -> bool:
    """Whether each day begins where the one before it ends, and whole hours fill it."""
    bounds = [day_bounds(day, zone) for day in days]
    starts, ends = [start for start, _end in bounds], [end for _start, end in bounds]
    return (
        ends[:-1] == starts[1:]
        and [local_day(start, zone) for start in starts] == days
        and all((end - start) % HOUR == timedelta() for start, end in bounds)
    )


@pytest.mark.parametrize("name", ["Europe/Moscow", "Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_it_accepts_zones_whose_days_are_whole_hours(name: str) -> None:
    assert validate_time_zone(name) is None


@pytest.mark.parametrize("name", ["Europe/Tver", "", "../etc/passwd", "europe/moscow "])
def test_it_refuses_an_unknown_zone(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a time zone"):
        validate_time_zone(name)


@pytest.mark.parametrize("name", sorted(SHIFTED_BY_HALF_AN_HOUR))
def test_it_refuses_clocks_that_shift_by_half_an_hour(name: str) -> None:
    with pytest.raises(ValidationError, match="shift by half an hour"):
        validate_time_zone(name)
