"""A closed day is judged once: its volume, its classes, and what peers say."""

from __future__ import annotations

from datetime import date, timedelta

from fleet.alerts.detectors.judging import judge_days
from fleet.alerts.models import Alert, Finding
from fleet.alerts.models_evaluation import Evaluation
from fleet.alerts.new_normal import accept_new_normal
from fleet.alerts.pages.details import detail_of
from regions.models import AccessPath, CalendarException, DailyCategory, DailyScore, Region
from tests.builders import (
    NOW,
    TODAY,
    make_alert,
    make_daily,
    make_path,
    make_person,
    make_region,
    make_score,
    make_status,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
YESTERDAY = TODAY - DAY


def make_watched(code: str = "tver") -> Region:
    region = make_region(code)
    make_path(region, kind=AccessPath.Kind.DIRECT)
    make_status(region)
    return region


def kinds() -> list[str]:
    return sorted(Alert.objects.values_list("kind", flat=True))


def test_it_finds_half_the_volume_once(db):
    region = make_watched()
    for n in range(2, 90):
        make_daily(region, TODAY - n * DAY, n_received=100 + n % 7)
    make_daily(region, YESTERDAY, n_received=30)

    judge_days(NOW)
    Evaluation.objects.all().delete()
    judge_days(NOW + MINUTE)

    assert kinds() == ["volume_shift"]
    assert Finding.objects.get().day == YESTERDAY


def test_it_lets_a_usual_day_be(db):
    region = make_watched()
    for n in range(1, 90):
        make_daily(region, TODAY - n * DAY, n_received=100 + n % 7)
        make_score(region, TODAY - n * DAY, n_positive=10 + n % 3)

    judge_days(NOW)

    assert kinds() == []
    assert Evaluation.objects.filter(rules="day", day=YESTERDAY).count() == 1


def make_holiday(region: Region, day: date) -> None:
    CalendarException.objects.create(region=region, day=day, is_off=True, reason="A holiday")


def test_it_does_not_judge_the_volume_of_a_holiday_nor_of_the_day_after(db):
    for n in (1, 2):
        region = make_watched(f"r{n}")
        make_holiday(region, TODAY - n * DAY)
        for age in range(1, 90):
            make_daily(region, TODAY - age * DAY, n_received=3 if age == 1 else 100 + age % 7)

    judge_days(NOW)

    assert kinds() == []


def test_it_leaves_holidays_out_of_what_is_usual(db):
    region = make_watched()
    for age in range(2, 90):
        is_holiday = age > 7 and age % 7 == 1 and age < 50
        if is_holiday:
            make_holiday(region, TODAY - age * DAY)
        make_daily(region, TODAY - age * DAY, n_received=5 if is_holiday else 100 + age % 7)
    make_daily(region, YESTERDAY, n_received=100)

    judge_days(NOW)

    assert kinds() == []


def test_it_counts_no_day_off_as_clear_of_a_volume_alert(db):
    region = make_watched()
    make_daily(region, YESTERDAY)
    alert = make_alert(region, "volume_shift", NOW - 3 * DAY)
    make_holiday(region, YESTERDAY)

    judge_days(NOW)

    alert.refresh_from_db()
    assert (alert.last_clear_day, alert.n_clear_days) == (None, 0)


def test_it_finds_a_class_that_collapsed(db):
    region = make_watched()
    for n in range(2, 57):
        make_score(region, TODAY - n * DAY, n_positive=10 + n % 3)
    make_score(region, YESTERDAY, n_positive=90)

    judge_days(NOW)

    assert kinds() == ["class_collapse"]
    assert Finding.objects.get().attribute == "mass"


def test_it_finds_a_rare_class_that_is_given_no_more(db):
    region = make_watched()
    for n in range(2, 57):
        make_score(region, TODAY - n * DAY, n_scored=500, n_positive=42 + n % 3)
    make_score(region, YESTERDAY, n_scored=500, n_positive=0)

    judge_days(NOW)

    found = Finding.objects.get()
    assert (found.kind, found.attribute, found.score) == ("class_collapse", "mass", 0)
    assert 0 < found.limit == found.usual_low < 0.04


def test_it_finds_scores_that_hardly_move(db):
    regions = [make_watched(f"r{n}") for n in range(6)]
    wide = [0, *[1] * 60, 0, 0, 0]
    for region in regions:
        make_score(region, YESTERDAY, n_scored=60)
    DailyScore.objects.update(score_histogram=wide)
    DailyScore.objects.filter(region=regions[3]).update(score_histogram=[0] * 30 + [60] + [0] * 33)

    judge_days(NOW)

    found = Finding.objects.get()
    assert (found.region, found.kind, found.limit) == (regions[3], "unlike_peers", 10)
    assert detail_of(found) == "The scores of mass hardly move."


def test_it_finds_what_was_wrong_since_the_first_day(db):
    regions = [make_watched(f"r{n}") for n in range(6)]
    for region in regions:
        is_odd = region == regions[3]
        make_score(region, YESTERDAY, n_scored=300, n_positive=200 if is_odd else 30)

    judge_days(NOW)

    assert kinds() == ["unlike_peers"]
    assert Finding.objects.get().region == regions[3]


def make_scanner(region: Region, name: str, n: int, *, first: int, last: int = 1) -> None:
    DailyCategory.objects.bulk_create(
        DailyCategory(
            region=region,
            day=TODAY - age * DAY,
            attribute="modality",
            device_model=name,
            category="MG",
            n=n,
        )
        for age in range(last, first + 1)
    )


def test_it_finds_a_new_scanner(db):
    region = make_watched()
    make_scanner(region, "Selenia", 90, first=30)
    make_scanner(region, "Planmed", 10, first=1)

    judge_days(NOW)

    found = Finding.objects.get()
    assert kinds() == ["new_category"]
    assert (found.attribute, found.detail, found.score) == ("device_model", "Planmed", 0.1)


def test_it_names_no_scanner_without_a_name(db):
    region = make_watched()
    make_scanner(region, "Selenia", 90, first=30)
    for name in ("", "(other)"):
        make_scanner(region, name, 10, first=1)

    judge_days(NOW)

    assert kinds() == []


def test_it_learns_scanners_for_two_weeks(db):
    region = make_watched()
    make_scanner(region, "Selenia", 90, first=10)
    make_scanner(region, "Planmed", 10, first=1)

    judge_days(NOW)

    assert kinds() == []


def take_for_normal(region: Region, kind: str, **about: str) -> None:
    alert = make_alert(region, kind, NOW - 3 * DAY, **about)
    accept_new_normal(alert, make_person(), "It is so", NOW - 3 * DAY)


def test_it_takes_another_volume_for_normal(db):
    region = make_watched()
    for n in range(1, 90):
        make_daily(region, TODAY - n * DAY, n_received=(100 if n > 3 else 30) + n % 7)
    take_for_normal(region, "volume_shift")

    judge_days(NOW)

    assert not Finding.objects.filter(day=YESTERDAY).exists()


def test_it_takes_another_share_of_a_class_for_normal(db):
    region = make_watched()
    for n in range(1, 57):
        make_score(region, TODAY - n * DAY, n_positive=(10 if n > 3 else 90) + n % 3)
    take_for_normal(region, "class_collapse", service="mammo", version="7")

    judge_days(NOW)

    assert not Finding.objects.filter(day=YESTERDAY).exists()


def test_it_takes_a_scanner_for_known_that_was_there_when_people_said_so(db):
    region = make_watched()
    make_scanner(region, "Selenia", 90, first=30)
    make_scanner(region, "Planmed", 1, first=3, last=3)
    make_scanner(region, "Planmed", 10, first=1)
    make_scanner(region, "Senographe", 10, first=1)
    take_for_normal(region, "new_category")

    judge_days(NOW)

    assert Finding.objects.get(day=YESTERDAY).detail == "Senographe"
