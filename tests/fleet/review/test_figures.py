from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from fleet.review.figures import Figures


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "—"),
        (0, "0%"),
        (0.0001, "<0.1%"),
        (0.042, "4.2%"),
        (0.1, "10.0%"),
        (0.9999, ">99.9%"),
        (1, "100%"),
    ],
)
def test_it_rounds_shares_without_lying(share, text):
    assert Figures.of_active_language().percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "—"), (0.42, "0.42 s"), (4.21, "4.2 s"), (42.1, "42 s"), (204, "3.4 min")],
)
def test_it_shows_latencies(seconds, text):
    assert Figures.of_active_language().latency(seconds) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "<1 min"),
        (12, "12 min"),
        (89, "89 min"),
        (90, "1 h"),
        (1560, "26 h"),
        (4320, "3 d"),
    ],
)
def test_it_shows_ages(minutes, text):
    assert Figures.of_active_language().age(timedelta(minutes=minutes)) == text


def test_it_writes_russian_figures():
    with translation.override("ru"):
        figures = Figures.of_active_language()

    assert (figures.count(12345), figures.percent(0.042)) == ("12\xa0345", "4,2\xa0%")


def test_it_shows_the_wall_time_of_the_region():
    moment = datetime.fromisoformat("2026-03-10T22:30:00Z")

    clock = Figures.of_active_language().clock(moment, ZoneInfo("Asia/Omsk"), date(2026, 3, 10))

    assert clock == "11 March, 04:30"
