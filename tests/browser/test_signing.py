"""Sign-off and handover in a real browser. The pictures are left in build/screenshots."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from fleet.clock import now
from regions.models import DailyRollup
from tests.browser.screens import each_screen
from tests.builders import make_daily, make_path, make_region, make_status, make_tunnel

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)


def yesterday() -> str:
    return (now() - DAY).date().isoformat()


def make_live_region(code: str, **numbers: int) -> None:
    moment = now()
    region = make_region(code, time_zone="Etc/UTC")
    make_tunnel(make_path(region), since=moment - 30 * DAY, seen_at=moment + DAY)
    make_status(region, last_attempt_at=moment, last_success_at=moment)
    make_daily(region, moment.date() - 20 * DAY)
    make_daily(region, (moment - DAY).date(), **numbers)


@pytest.fixture
def fleet(transactional_db):
    """Three regions whose yesterday is over: two are fine, one's model was silent."""
    make_live_region("tver", n_received=388)
    make_live_region("perm", n_received=951)
    make_live_region("kursk", n_received=138, n_done=0, n_failed=138, n_scored=0, n_positive=0)


@pytest.fixture
def day_page(fleet, open_page, log_in):
    """Return a function that opens yesterday, with `open_page`'s arguments."""

    def open_day(**options):
        page = open_page(**options)
        page.goto(f"/day/{yesterday()}/")
        log_in(page)
        page.wait_for_selector(".regions")
        return page

    return open_day


def test_it_signs_and_takes_back(day_page, screenshot):
    page = day_page()
    page.get_by_role("button", name="Sign: Tver").click()
    expect(page.locator(".message")).to_have_text("Tver: The day is signed.")
    expect(page.locator("#tver .signed")).to_contain_text("oncall")
    screenshot(page, "sign-signed")
    page.get_by_role("button", name="Undo: Tver").click()

    expect(page.locator(".message")).to_have_text("Tver: The sign-off is taken back.")
    expect(page.get_by_role("button", name="Sign: Tver")).to_be_visible()


def test_it_signs_without_javascript(day_page):
    page = day_page(script=False)
    page.get_by_role("button", name="Sign: Tver").click()

    assert page.url.endswith("#tver")
    expect(page.locator("#tver .signed")).to_contain_text("oncall")


def test_it_counts_the_time_to_undo_down(day_page):
    page = day_page()
    page.get_by_role("button", name="Sign: Tver").click()
    undo = page.get_by_role("button", name="Undo: Tver")

    assert re.search(r"Undo.* (10|9|8)$", undo.text_content())
    expect(undo).to_have_count(0, timeout=15_000)


def test_it_signs_a_failing_day_once_it_is_explained(day_page, screenshot):
    page = day_page()
    row = page.locator("#kursk")
    assert row.get_by_role("button", name="Sign: Kursk").count() == 0
    row.get_by_text("Note and sign").click()
    row.locator("textarea").fill("GPU driver after the update; rolled back at 07:40.")
    screenshot(page, "sign-explain")
    row.get_by_role("button", name="Save and sign").click()

    expect(page.locator(".messages")).to_contain_text("Kursk: The day is signed.")
    expect(page.locator("#kursk .note")).to_contain_text("rolled back at 07:40")
    screenshot(page, "sign-explained")


def test_it_writes_down_what_is_typed_after_opening_a_note(day_page):
    page = day_page()
    row = page.locator("#tver")
    row.locator(".note-form summary").click()
    expect(row.locator("textarea")).to_be_focused()
    # Outside the field, “e” would sign the day and “n” would be lost.
    page.keyboard.type("end of night")

    expect(row.locator("textarea")).to_have_value("end of night")


def test_it_leads_from_a_day_that_cannot_be_signed_to_one_that_can(day_page):
    page = day_page()
    page.get_by_role("link", name="today").click()
    page.get_by_role("link", name="A day is signed when it is over").click()

    expect(page).to_have_url(re.compile(f"/day/{yesterday()}/$"))


def test_it_signs_all_that_are_fine_and_fresh(day_page):
    page = day_page()
    page.get_by_role("button", name="Sign all 2 that are fine and fresh").click()

    expect(page.locator(".message")).to_have_text("2 regions signed.")
    expect(page.get_by_role("button", name="Sign all")).to_have_count(0)


def test_it_says_what_changed_since_it_was_signed(day_page, screenshot):
    page = day_page()
    page.get_by_role("button", name="Sign: Tver").click()
    expect(page.locator("#tver .signed")).to_contain_text("oncall")
    DailyRollup.objects.filter(day=yesterday(), region__code="tver").update(
        n_received=422, fingerprint=2
    )
    page.reload()

    expect(page.locator("#tver .signed")).to_contain_text("(+34 studies)")
    screenshot(page, "sign-changed")


def test_it_refuses_what_the_page_no_longer_shows(day_page):
    page = day_page()
    DailyRollup.objects.filter(day=yesterday(), region__code="tver").update(n_received=400)
    page.get_by_role("button", name="Sign: Tver").click()

    expect(page.locator(".message")).to_have_text(
        "Tver: 12 studies came since you opened the page. Look again, then sign."
    )


@each_screen
def test_it_hands_over(fleet, open_page, log_in, screenshot, barriers, width, scheme):
    page = open_page(width, scheme)
    page.goto(f"/day/{yesterday()}/handover/")
    log_in(page)
    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("status")).to_have_text(re.compile("Copied|Selected"))
    assert "■ Kursk: 138 studies came" in page.get_by_label("Text of the handover").input_value()
    screenshot(page, f"handover-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert barriers(page) == []


def test_it_hides_sign_all_on_a_narrow_screen(day_page):
    page = day_page(width=390)

    expect(page.locator(".sign-all")).to_be_hidden()


def test_it_explains_and_signs_on_the_regions_own_page(fleet, open_page, log_in, screenshot):
    page = open_page()
    page.goto(f"/regions/kursk/{yesterday()}/")
    log_in(page)
    panel = page.locator(".sign-off")
    panel.get_by_text("Note and sign").click()
    panel.locator("textarea").fill("GPU driver after the update; rolled back at 07:40.")
    screenshot(page, "sign-region-explain")
    panel.get_by_role("button", name="Save and sign").click()

    expect(page.locator(".messages")).to_contain_text("Kursk: The day is signed.")
    expect(panel).to_contain_text("oncall")
    screenshot(page, "sign-region-signed")
