"""The days off of a region: its weekdays, its country's holidays, its exceptions."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from regions import calendars as countries
from regions.calendars import FILES, is_known, special_days
from regions.daysoff import Calendar, calendars
from regions.models import CalendarException, Region
from tests.builders import make_region

RUSSIA = Calendar("12345", "RU")
JANUARY = [date(2026, 1, day) for day in range(1, 13)]
# A Saturday on which Russia worked in the place of the Monday after.
MOVED = date(2025, 11, 1)


def test_it_closes_russia_from_the_first_to_the_eighth_of_january():
    assert all(RUSSIA.is_off(day) for day in JANUARY[:11])
    assert not RUSSIA.is_off(JANUARY[11])


def test_it_opens_on_a_moved_working_saturday():
    assert not RUSSIA.is_off(MOVED)
    assert RUSSIA.is_off(MOVED + timedelta(days=2))
    assert RUSSIA.is_off(MOVED + timedelta(days=7))


def test_it_knows_weekdays_alone_without_a_country():
    calendar = Calendar("12345")

    assert [day.day for day in JANUARY if calendar.is_off(day)] == [3, 4, 10, 11]
    assert calendar.name(JANUARY[0]) == ""


def test_an_exception_outdoes_the_country(db):
    region = make_region(country="RU", open_weekdays="12345")
    for day, is_off in ((JANUARY[4], False), (JANUARY[11], True)):
        CalendarException.objects.create(region=region, day=day, is_off=is_off, reason="Here")

    calendar = calendars([region])[region.pk]

    assert (calendar.is_off(JANUARY[4]), calendar.is_off(JANUARY[11])) == (False, True)
    assert calendar.name(JANUARY[11]) == "Here"


def test_it_asks_one_question_of_all_regions(db, django_assert_num_queries):
    regions = [make_region(f"r{n}", country="RU") for n in range(3)]

    with django_assert_num_queries(1):
        found = calendars(regions)

    assert sorted(found) == sorted(region.pk for region in regions)


@pytest.mark.parametrize(
    ("language", "name"), [("ru", "Рождество Христово"), ("en-us", "Christmas Day")]
)
def test_it_names_holidays_in_the_readers_language(language: str, name: str):
    with override(language):
        assert RUSSIA.name(date(2026, 1, 7)) == name


def test_a_plain_weekday_off_has_no_name():
    assert RUSSIA.name(date(2026, 1, 17)) == ""


def test_the_days_that_are_unlike_their_weekday():
    unlike = [day.day for day in JANUARY if RUSSIA.is_unlike_its_weekday(day)]

    # The 12th is the first working day after the holidays; weekends among them are as usual.
    assert unlike == [1, 2, 5, 6, 7, 8, 9, 12]
    assert RUSSIA.is_unlike_its_weekday(MOVED)
    assert not RUSSIA.is_unlike_its_weekday(date(2026, 1, 19))


def test_a_file_outdoes_the_library(tmp_path: Path):
    text = '[off]\n2026-01-12 = "Longer"\n[working]\n2026-01-09 = "Shorter"\n'
    (tmp_path / "ru.toml").write_text(text)

    days = special_days("RU", 2026, files=tmp_path)

    assert days[date(2026, 1, 12)].is_off
    assert not days[date(2026, 1, 9)].is_off
    assert days[date(2026, 1, 8)].is_off


def test_a_file_alone_makes_a_country_known(tmp_path: Path):
    (tmp_path / "xz.toml").write_text('[off]\n2026-03-10 = "Founders"\n')

    assert is_known("XZ", tmp_path)
    assert special_days("XZ", 2026, files=tmp_path)[date(2026, 3, 10)].name == "Founders"


@pytest.mark.parametrize("code", ["XX", "ru", "RUS", "../"])
def test_it_refuses_a_country_of_which_nothing_is_known(code: str, db: None):
    region = Region(code="tver", name="Тверь", time_zone="Europe/Moscow", country=code)

    with pytest.raises(ValidationError) as refusal:
        region.full_clean()

    assert list(refusal.value.error_dict) == ["country"]


@pytest.mark.parametrize("file", sorted(FILES.glob("*.toml")), ids=lambda file: file.stem)
def test_the_files_hold_days_off_and_working_days(file: Path):
    days = countries._read(file.stem.upper(), FILES)

    assert set(days) == {"off", "working"}
    kept = [day for word in days.values() for day in word.items()]
    assert all(date.fromisoformat(day) and name for day, name in kept)
