from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from fleet.review.asked import Asked
from fleet.review.day import review
from fleet.review.details import in_full
from fleet.review.groups import FOLD_BEYOND, rows_in_full
from fleet.review.page import Page, legend, page
from regions.models import CalendarException, DailyRollup, Region, RegionStatus
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
UTC = ZoneInfo("UTC")


def page_of(**query: str) -> Page:
    asked = Asked.of(query)
    found = review(TODAY, NOW, Region.objects.all())
    return page(in_full(found, rows_in_full(found, asked)), UTC, asked)


def make_fine(n: int) -> None:
    """Regions that have learnt."""
    regions = make_many_regions(n)
    rows = list(DailyRollup.objects.all())
    DailyRollup.objects.filter(region__in=regions).update(day=TODAY - timedelta(days=20))
    DailyRollup.objects.bulk_create(rows)


def make_unreached(code: str = "chita") -> None:
    make_path(make_region(code))


def test_it_folds_many_fine_regions_to_names():
    make_fine(FOLD_BEYOND + 1)

    (fine,) = page_of().groups

    assert (fine.is_open, fine.can_fold, fine.lines, fine.toggle) == (False, True, [], "?open=fine")
    assert len(fine.names) == fine.n_rows == FOLD_BEYOND + 1


@pytest.mark.parametrize(
    ("weekdays", "sentence"),
    [("12345", "Day off: A flood."), ("1345", "Does not work on this weekday.")],
)
def test_it_says_why_a_region_is_closed(weekdays: str, sentence: str):
    region = make_healthy_region(open_weekdays=weekdays)
    if weekdays == "12345":
        CalendarException.objects.create(region=region, day=TODAY, reason="A flood")

    (closed,) = page_of(open="closed").groups

    assert [line.sentence for line in closed.lines] == [sentence]


def test_it_keeps_folded_names_in_the_order_of_the_strip():
    make_fine(FOLD_BEYOND + 1)
    DailyRollup.objects.filter(region__code="r7").update(n_received=9999)

    made = page_of()

    assert [one.code for one in made.groups[0].names] == [one.code for one in made.strip]


def test_it_unfolds_them_when_asked():
    make_fine(FOLD_BEYOND + 1)

    (fine,) = page_of(open="fine").groups

    assert (len(fine.lines), fine.names, fine.toggle) == (FOLD_BEYOND + 1, [], "")


def test_it_never_folds_what_needs_a_look():
    make_fine(FOLD_BEYOND + 1)
    RegionStatus.objects.update(last_success_at=None)

    (look,) = page_of().groups

    assert (look.key, look.can_fold, len(look.lines)) == ("look", False, FOLD_BEYOND + 1)


def test_it_draws_rows_that_are_shown_and_no_more():
    make_fine(FOLD_BEYOND + 1)
    found = review(TODAY, NOW, Region.objects.all())

    assert rows_in_full(found, Asked()) == set()
    assert len(rows_in_full(found, Asked.of({"open": "fine"}))) == FOLD_BEYOND + 1
    assert len(rows_in_full(found, Asked.of({"q": "r1"}))) == 11


def test_it_counts_the_marks_and_offers_to_show_only_them():
    make_healthy_region()
    make_unreached()

    unknown, fine = page_of(show="unknown").tallies

    assert (unknown.text, unknown.is_pressed, unknown.toggle) == ("1 unknown", True, "")
    assert (fine.text, fine.is_pressed, fine.toggle) == ("1 fine", False, "?show=unknown,fine")


def test_it_keeps_the_strip_whatever_the_filter():
    make_healthy_region()
    make_unreached()

    strip = page_of(show="unknown").strip

    assert [(mark.code, mark.target) for mark in strip] == [
        ("chita", "#chita"),
        ("tver", "?#tver"),
    ]


def test_it_names_a_filter_that_nothing_passes():
    make_healthy_region()

    made = page_of(show="failing,stale", q="omsk")

    assert made.groups == []
    assert made.no_hits == "No region passes the filter: failing, stale, “omsk”."


def test_it_counts_in_its_title():
    make_unreached()

    assert page_of().title == "1 needs a look – Tuesday 10 March 2026"


def test_it_names_each_mark_in_its_legend():
    marks, link, data, *_columns = legend()

    assert marks[1].startswith("■ failing, ▲ needs a look, ◇ stale, ◌ unknown")
    assert (link[0], data) == ("Link", ("Data", "● fresh, ◔ late, ◇ stale, ◌ unknown, – closed"))


def test_it_says_that_nothing_needs_a_look():
    make_healthy_region()

    assert page_of().all_fine == "Nothing needs a look. Oldest data: 2 min (Tver)."


def test_it_calls_no_beginner_fine():
    region = make_region(code="pskov")
    make_tunnel(make_path(region))
    make_status(region)
    make_daily(region, TODAY - timedelta(days=4))

    (line,) = page_of().groups[0].lines

    assert (line.glyph, line.sentence) == ("◌", "Learning: 5 of 14 days.")


def test_it_explains_the_row_that_is_opened():
    make_healthy_region()

    told = page_of(open="tver").groups[0].lines[0].explanation

    assert told.window == (
        "From 2026-03-09 21:00 to 2026-03-10 21:00 UTC: 24 hours of the clock of Europe/Moscow."
    )
    assert told.known == "Numbers are known up to 12:58 there."
    assert {cell.column.key: cell.rows for cell in told.cells}["failed"] == "0 of 100"


def test_it_says_why_a_row_stands_where_it_stands():
    make_healthy_region()
    RegionStatus.objects.update(last_success_at=NOW - timedelta(hours=7))

    told = page_of(open="tver").groups[0].lines[0].explanation

    assert told.place == "Stands here because link or data are lost, below what fails."
