"""The live list of studies in a real browser, with the path open and closed."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from fleet.clock import now
from regions.collect import collect
from regions.localday import day_bounds, local_day
from regions.models import RegionStatus
from tests.browser.screens import each_screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
KINDS = [
    {"status": "done", "scores": [0.03, 0.91]},
    {"status": "failed", "attempt": {"error_class": "oom", "error_side": "service"}},
    {"status": "rejected", "attempt": {"error_class": "image_count", "error_side": "source"}},
    {"status": "done", "scores": [0.21], "attempt": {"fallback_kind": "cpu", "attempt_no": 2}},
    {"status": None},
    {"status": "running"},
    {"status": "exploded", "modality": "<b>‮MG</b>", "attempt": {"device_ref": "<i>gpu"}},
]


@pytest.fixture
def database(transactional_db, region_database):
    return region_database("tver")


@pytest.fixture
def line(database, relay):
    return relay(database.cluster.port)


@pytest.fixture
def day(database, line, make_region):
    """Yesterday in Tver: 70 studies of all kinds behind a direct path; returns the date."""
    region = make_region(database, port=line.port)
    yesterday = local_day(now(), region.zone) - timedelta(days=1)
    noon = day_bounds(yesterday, region.zone)[0] + 12 * HOUR
    for n in range(70):
        ref = hashlib.sha256(str(n).encode()).hexdigest()[:32]
        kind = KINDS[n % len(KINDS)]
        latency = timedelta(seconds=20 + n * n)
        database.insert_study(noon - n * HOUR / 7, study_ref=ref, latency=latency, **kind)
    collect(region, now(), is_sweep=True)
    return yesterday


@pytest.fixture
def studies(day, open_page, log_in):
    """Return a function: (query="", **options of open_page) -> the page of the list."""

    def open_list(query="", **options):
        page = open_page(**options)
        page.goto(f"/regions/tver/{day}/studies/{query}")
        log_in(page)
        page.wait_for_selector("h1")
        return page

    return open_list


@each_screen
def test_it_fits_the_screen(studies, screenshot, barriers, width, scheme):
    page = studies(width=width, scheme=scheme)

    screenshot(page, f"studies-{width}-{scheme}")

    assert page.locator(".studies tbody tr").count() == 50
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert barriers(page) == []


def test_it_reflows_at_320_pixels(studies):
    page = studies(width=320)

    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_it_pages_and_sorts_without_javascript(studies):
    page = studies(script=False)
    page.get_by_role("link", name="Next page").click()
    assert page.locator(".studies tbody tr").count() == 20

    page.get_by_role("link", name="Failed").click()
    words = page.locator(".studies .outcome").all_inner_texts()

    assert len(words) == 10
    assert all("failed oom (service)" in word for word in words)


def test_it_filters_by_class_without_javascript(studies):
    page = studies("?order=score", script=False)
    page.get_by_label("Class").select_option("malignancy")
    page.get_by_role("button", name="Filter").click()

    assert "class=malignancy" in page.url
    assert page.locator(".studies tbody tr").first.inner_text().count("0.91") == 1


def test_it_copies_a_reference(studies):
    page = studies()
    page.locator(".copy").first.click()
    page.locator(".copy", has_text="Copied").wait_for()

    assert page.locator(".studies code").first.inner_text().isalnum()


def test_it_says_that_the_path_is_closed(studies, line, screenshot, barriers):
    page = studies()
    line.stop()
    RegionStatus.objects.update(failure="link", failing_since=now() - 3 * HOUR)
    page.reload()

    screenshot(page, "studies-closed")

    alert = page.get_by_role("alert").inner_text()
    assert "The path to the region is closed." in alert
    assert "Try again" in alert
    assert barriers(page) == []


def test_it_is_all_in_russian(studies, screenshot, barriers):
    page = studies(language="en")
    page.get_by_role("button", name="RU").click()
    page.wait_for_selector("html[lang=ru]")

    screenshot(page, "studies-1440-russian")

    assert "прочитаны прямо из региона" in page.inner_text("main")
    assert barriers(page) == []
