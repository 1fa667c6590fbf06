"""The daily page in a real browser. Its pictures are left in build/screenshots."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.clock import now
from regions.models import FailureKind
from tests.builders import make_daily, make_path, make_region, make_status, make_tunnel

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)


def make_live_region(code: str, name: str, *, known: timedelta = timedelta(), **numbers: int):
    moment = now()
    region = make_region(code, name=name, time_zone="Etc/UTC")
    make_tunnel(make_path(region), since=moment - 30 * HOUR, seen_at=moment + HOUR)
    make_status(region, last_attempt_at=moment, last_success_at=moment - known)
    make_daily(region, moment.date() - timedelta(days=20))
    make_daily(region, moment.date(), **numbers)
    return region


@pytest.fixture
def fleet(transactional_db):
    """Five regions: fine, silent model, stale behind a lost link, broken contract, never tried."""
    moment = now()
    make_live_region("tver", "Tver", n_received=388)
    make_live_region("kursk", "Kursk", n_received=138, n_done=0, n_failed=138, n_scored=0)
    omsk = make_live_region("omsk", "Omsk", known=26 * HOUR, n_received=412)
    omsk.paths.get().tunnel.delete()
    omsk.status.failure, omsk.status.failing_since = FailureKind.LINK, moment - 26 * HOUR
    omsk.status.sentence = "SSH: <b>bastion</b> did not answer within 5 s."
    omsk.status.save()
    perm = make_live_region("perm", "Perm", n_received=951)
    perm.status.failure, perm.status.failing_since = FailureKind.CONTRACT, moment - HOUR
    perm.status.sentence = "fleet_contract.study has no column received_at."
    perm.status.save()
    make_path(make_region("chita", name="Chita", time_zone="Asia/Chita"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_the_screen(fleet, open_page, log_in, screenshot, width, scheme):
    page = open_page(width, scheme)
    page.goto("/")
    log_in(page)
    page.wait_for_selector(".regions")

    screenshot(page, f"day-{width}-{scheme}")

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_it_reflows_at_320_pixels(fleet, open_page, log_in):
    page = open_page(320)
    page.goto("/")
    log_in(page)
    page.wait_for_selector(".regions")

    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_it_works_without_javascript(fleet, open_page, log_in):
    page = open_page(script=False)
    page.goto("/")
    log_in(page)

    rows = page.locator("#group-look tbody tr")

    assert "Kursk" in rows.first.locator("th").inner_text()
    assert "138 studies came, no answer was finished." in rows.first.inner_text()
    assert "(412)" in page.locator("#omsk").inner_text()
    assert "<b>bastion</b>" in page.locator("#omsk").inner_text()


def test_it_explains_a_lamp_by_keyboard(fleet, open_page, log_in):
    page = open_page()
    page.goto("/")
    log_in(page)
    lamp = page.locator("#omsk .lamp summary").first
    lamp.focus()
    page.keyboard.press("Enter")

    assert page.locator("#omsk .lamp p").first.inner_text().startswith("Closed since")


def test_it_finds_a_region_from_the_strip(fleet, open_page, log_in):
    page = open_page()
    page.goto("/")
    log_in(page)
    page.get_by_role("link", name="Tver: fine").click()

    assert page.url.endswith("#tver")


def test_it_switches_to_russian(fleet, open_page, log_in, screenshot):
    page = open_page()
    page.goto("/")
    log_in(page)
    page.get_by_role("button", name="RU").click()
    page.wait_for_selector("html[lang=ru]")

    screenshot(page, "day-1440-russian")

    assert "Требуют внимания" in page.locator("#group-look h2").inner_text()


def test_it_explains_an_empty_fleet(open_page, log_in, screenshot):
    page = open_page()
    page.goto("/")
    log_in(page)
    page.wait_for_selector(".notice pre")

    screenshot(page, "day-empty")

    assert "add_region" in page.locator(".notice pre").inner_text()
