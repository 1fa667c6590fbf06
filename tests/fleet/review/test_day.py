from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from fleet.review.day import RegionDay, ReviewDay, review
from regions.models import CalendarException, FailureKind, Region, RegionStatus
from regions.models.region import Level
from tests.builders import (
    NOW,
    TODAY,
    make_daily,
    make_healthy_region,
    make_many_regions,
    make_path,
    make_region,
    make_status,
    make_tunnel,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
YESTERDAY = TODAY - timedelta(days=1)


def reviewed(day: date = TODAY, now: datetime = NOW) -> ReviewDay:
    return review(day, now, Region.objects.filter(is_active=True))


def shown(day: date = TODAY, now: datetime = NOW) -> RegionDay:
    """The only region of the page."""
    (row,) = reviewed(day, now).rows
    return row


def codes(rows: list[RegionDay]) -> list[str]:
    return [row.region.code for row in rows]


def make_collected(code: str = "tver", **status) -> None:
    region = make_region(code)
    make_tunnel(make_path(region))
    make_status(region, **status)
    make_daily(region, TODAY - timedelta(days=20))


def make_lost(code: str, hours: float) -> None:
    region = make_region(code)
    make_tunnel(make_path(region), "closed", since=NOW - hours * HOUR)
    make_status(region)


@pytest.mark.parametrize("n", [3, 100, 1000])
def test_it_asks_six_questions_whatever_the_number_of_regions(n, django_assert_num_queries):
    make_many_regions(n)

    with django_assert_num_queries(6):
        page = reviewed()

    assert page.totals.n_covered == n


def test_it_shows_a_healthy_region_as_fine():
    make_healthy_region()

    assert (shown().mark, shown().freshness, shown().numbers.n_received) == ("fine", "fresh", 100)


def test_it_knows_zero_when_the_day_was_collected_without_studies():
    make_collected()

    assert shown().numbers.n_received == 0


def test_it_knows_nothing_of_a_day_after_the_last_collection():
    make_collected(last_success_at=NOW - 30 * HOUR)

    assert (shown().numbers, shown().mark) == (None, "stale")


def test_it_knows_nothing_of_days_before_the_first_collected_one():
    make_healthy_region()

    assert shown(TODAY - timedelta(days=30)).numbers is None


def test_it_does_not_believe_a_collection_that_never_finished():
    region = make_region()
    make_path(region)
    make_daily(region)

    assert (shown().freshness, shown().counts) == ("unknown", False)


def test_it_leaves_stale_numbers_out_of_the_totals():
    make_healthy_region("tver", n_received=100)
    make_collected("omsk", last_success_at=NOW - 8 * HOUR)
    make_daily(Region.objects.get(code="omsk"), n_received=412)

    totals = reviewed().totals

    assert (totals.numbers.n_received, totals.n_covered, totals.n_expected) == (100, 1, 2)


def test_it_has_no_totals_when_nobody_knows():
    make_path(make_region())

    assert reviewed().totals.numbers is None


def test_it_keeps_a_collected_day_fresh_for_ever():
    make_healthy_region()

    assert shown(YESTERDAY, NOW).freshness == "fresh"


def test_it_misses_the_end_of_a_day_that_was_not_collected():
    make_collected(last_success_at=datetime.fromisoformat("2026-03-09T18:00:00Z"))

    assert shown(YESTERDAY).reasons[0].sentence == "The day's last 3 h are missing, limit 30 min."


def test_it_expects_nothing_of_a_closed_region():
    make_path(make_region(open_weekdays="13457"))

    page = reviewed()

    assert (codes(page.closed), page.totals.n_expected) == (["tver"], 0)


def test_it_counts_studies_that_came_on_a_closed_day():
    make_healthy_region(open_weekdays="13457", n_received=7)

    assert reviewed().totals.numbers.n_received == 7


def test_it_waits_for_a_day_that_has_not_begun():
    make_healthy_region(time_zone="Europe/Kaliningrad")

    page = reviewed(date(2026, 3, 11), datetime.fromisoformat("2026-03-10T21:30:00Z"))

    assert (codes(page.ahead), page.rows[0].numbers, page.totals.n_expected) == (["tver"], None, 0)


def test_it_marks_a_region_whose_data_are_carried():
    region = make_region(level=Level.OFFLINE)
    make_status(region, last_attempt_at=None)
    make_daily(region, TODAY - timedelta(days=20))

    assert (shown().mark, shown().link.state, codes(reviewed().fine)) == (
        "carried",
        "carried",
        ["tver"],
    )


def test_it_loses_only_the_row_that_cannot_be_computed(caplog):
    make_healthy_region("omsk")
    make_healthy_region("tver")
    Region.objects.filter(code="omsk").update(time_zone="Europe/Nowhere")

    lost, kept = reviewed().rows

    assert (lost.mark, lost.numbers, kept.mark) == ("unknown", None, "fine")
    assert lost.reasons[0].sentence == "Could not compute this row at 10:00 UTC; the log says why."
    assert "could not compute the day 2026-03-10 of region omsk" in caplog.text


def test_it_judges_a_finished_day_by_the_same_weekdays():
    region = make_healthy_region()
    for n in range(7, 60, 7):
        make_daily(region, YESTERDAY - timedelta(days=n), n_received=400)
    make_daily(region, YESTERDAY, n_received=138)

    row = shown(YESTERDAY)

    assert (row.usual.n_days, row.usual.n_received) == (8, 400)
    assert row.reasons[0].sentence == "138 studies, usually 400 to 400 on Mondays."


def test_it_does_not_judge_the_volume_of_a_running_day():
    region = make_healthy_region(n_received=12)
    for n in range(7, 60, 7):
        make_daily(region, TODAY - timedelta(days=n), n_received=400)

    assert (shown().usual.n_received, shown().reasons) == (400, ())


def test_it_finds_nothing_usual_on_a_closed_day():
    region = make_healthy_region(open_weekdays="13457")
    for n in range(7, 60, 7):
        make_daily(region, TODAY - timedelta(days=n), n_received=1)

    assert shown().usual is None


# The ninth of March was a day off in the place of the eighth, a Sunday.
def test_it_closes_a_region_on_its_countrys_holiday():
    make_healthy_region()
    Region.objects.update(country="RU")

    page = reviewed(YESTERDAY)

    assert (codes(page.closed), codes(page.needs_look)) == (["tver"], [])


def test_it_does_not_judge_the_volume_of_the_day_after_a_holiday():
    region = make_healthy_region()
    Region.objects.update(country="RU")
    for n in range(1, 9):
        make_daily(region, TODAY - timedelta(weeks=n), n_received=400)
    late = NOW + timedelta(days=1)
    RegionStatus.objects.update(last_attempt_at=late, last_success_at=late)

    row = shown(TODAY, late)

    assert (row.usual.n_received, row.usual.low, row.reasons) == (400, None, ())


def test_it_leaves_holidays_out_of_what_is_usual():
    region = make_healthy_region()
    for n in range(1, 9):
        make_daily(region, TODAY - timedelta(weeks=n), n_received=400)
    day = TODAY - timedelta(weeks=3)
    CalendarException.objects.create(region=region, day=day, is_off=True, reason="Flood")

    assert shown().usual.n_days == 7


def test_it_does_not_load_passwords():
    region = make_healthy_region()
    region.database_password = "env:SECRET_OF_TVER"
    region.save()

    assert "SECRET_OF_TVER" not in repr(shown())


def test_it_leaves_out_regions_that_are_not_active():
    make_region(is_active=False)

    assert reviewed().rows == ()


def test_it_sorts_by_the_ladder_then_by_studies_then_by_name():
    for code, n in (("a", 5), ("b", 90), ("c", 90)):
        make_status(make_region(f"fine_{code}"), n_misdated=1)
        make_daily(make_region(f"x_{code}"), n_received=n)
    make_healthy_region("zz")
    region = make_region("failing")
    make_tunnel(make_path(region))
    make_status(region, failure=FailureKind.CONTRACT, failing_since=NOW - HOUR)

    ladders = [row.ladder for row in reviewed().needs_look]

    assert ladders == sorted(ladders)


def test_it_keeps_the_order_of_the_strip():
    for code in ("omsk", "tver", "anadyr"):
        make_healthy_region(code)

    assert codes(list(reviewed().rows)) == ["anadyr", "omsk", "tver"]


def test_it_suspects_us_when_many_links_are_lost_together():
    for n in range(3):
        make_lost(f"r{n}", hours=1)
    make_healthy_region()

    page: ReviewDay = reviewed()

    assert [blind.cause.value for blind in page.blindness] == ["lost_together"]
    assert [row.link.state.value for row in page.rows] == ["unknown"] * 3 + ["open"]


def test_it_says_that_we_are_blind_when_nobody_collects():
    make_healthy_region()

    page = reviewed(TODAY, NOW + 2 * HOUR)

    assert [blind.cause.value for blind in page.blindness] == ["collector_silent", "keeper_silent"]
    assert page.rows[0].link.state == "unknown"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/St_Johns", date(2026, 3, 8), 23),
        ("America/St_Johns", date(2026, 11, 1), 25),
        ("Asia/Kathmandu", date(2026, 3, 8), 24),
        ("Asia/Kamchatka", date(2026, 3, 8), 24),
        ("Europe/Kaliningrad", date(2026, 3, 29), 24),
    ],
)
def test_it_gives_each_region_its_own_day(zone, day, hours):
    make_healthy_region(time_zone=zone)

    row = shown(day, datetime(2026, 12, 1, tzinfo=NOW.tzinfo))

    assert row.ends_at - row.starts_at == hours * HOUR
