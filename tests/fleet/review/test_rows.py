"""The names of a folded group: a sign-off must not hide in them."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from fleet.review.asked import Asked
from fleet.review.day import ReviewDay, review
from fleet.review.page import page
from fleet.review.sign_cells import signs
from fleet.review.signing import shown_token, sign
from fleet.review.templatetags.review import folded_names
from regions.models import DailyRollup, Region
from tests.builders import NOW, TODAY, make_daily, make_healthy_region, make_person

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def anna():
    make_daily(make_healthy_region(name="T<b>"), YESTERDAY)
    return make_person("anna")


def yesterday() -> ReviewDay:
    return review(YESTERDAY, NOW, Region.objects.all())


def names(account) -> str:
    found = yesterday()
    strip = page(found, ZoneInfo("UTC"), Asked()).strip
    return folded_names({"signs": signs(account, found, NOW)}, strip)


def sign_all(account) -> None:
    (row,) = yesterday().rows
    sign(account, row, YESTERDAY, shown_token(row), NOW)


def test_it_links_a_name_to_the_regions_page(anna):
    assert names(anna) == (
        '<li id="tver"><a href="/regions/tver/2026-03-09/"><bdi>T&lt;b&gt;</bdi></a></li>'
    )


def test_it_ticks_what_is_signed(anna):
    sign_all(anna)

    assert "✓" in names(anna)


def test_it_says_what_changed_since_it_was_signed(anna):
    sign_all(anna)
    DailyRollup.objects.filter(day=YESTERDAY).update(n_received=134, fingerprint=2)

    assert "Changed since signed 10:00 (+34 studies)" in names(anna)
    assert "✓" not in names(anna)
