"""The keyboard of the daily page, and its quiet refresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from fleet.clock import now
from fleet.people.models import Person
from regions.models import DailyRollup, Region
from tests.browser.morning import make_morning

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)


@pytest.fixture
def day_page(transactional_db, open_page, log_in):
    """Return a function: (day=today, **`open_page`'s arguments) -> Page."""
    make_morning(now())

    def open_day(day=None, **options) -> Page:
        page = open_page(**options)
        page.clock.install()
        page.goto(f"/day/{day or now().date()}/")
        log_in(page)
        page.wait_for_selector(".strip")
        return page

    return open_day


def press_russian(page: Page, code: str, letter: str) -> None:
    """Press a key as a keyboard with the Russian layout does: another letter, the same place."""
    session = page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": kind, "code": code, "key": letter})


def at(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def test_it_moves_through_the_rows(day_page):
    page = day_page()
    for key in ("j", "j", "ArrowDown", "k"):
        page.keyboard.press(key)

    assert at(page) == page.locator("tr.region").nth(1).get_attribute("id")


def test_it_has_one_stop_for_the_tabulator(day_page):
    page = day_page()
    page.keyboard.press("j")
    page.keyboard.press("j")

    expect(page.locator("tr.region[tabindex='0']")).to_have_count(1)
    expect(page.locator("tr.region[tabindex='0']")).to_be_focused()


def test_it_goes_by_places_on_a_russian_layout(day_page):
    page = day_page(language="ru")
    press_russian(page, "KeyJ", "о")
    assert at(page) == "kursk"
    press_russian(page, "KeyN", "т")

    expect(page.locator("#kursk textarea")).to_be_focused()


def test_it_explains_in_place_and_keeps_the_focus(day_page):
    page = day_page()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#kursk-detail")).to_contain_text("138 of 138")

    assert at(page) == "kursk"
    expect(page.locator("#kursk a.explain")).to_have_attribute("aria-expanded", "true")


def test_it_opens_the_regions_page(day_page):
    page = day_page()
    page.keyboard.press("j")
    page.keyboard.press("o")

    page.wait_for_url(f"**/regions/kursk/{now().date()}/")


def test_it_signs_stays_and_takes_back(day_page):
    page = day_page(now().date() - DAY)
    page.locator("#tver").focus()
    page.keyboard.press("e")
    expect(page.locator("#tver .signed")).to_contain_text("oncall")
    expect(page.locator("#tver")).to_be_focused()
    page.keyboard.press("z")

    expect(page.get_by_role("button", name="Sign: Tver")).to_be_visible()


def test_it_asks_for_a_note_where_it_cannot_sign(day_page):
    DailyRollup.objects.filter(day=now().date() - DAY, region__code="kursk").update(
        n_done=0, n_failed=100
    )
    page = day_page(now().date() - DAY)
    page.locator("#kursk").focus()
    page.keyboard.press("e")

    expect(page.locator("#kursk textarea")).to_be_focused()


def test_it_goes_to_the_days_around(day_page):
    page = day_page()
    page.keyboard.press("[")
    page.wait_for_url(f"**/day/{now().date() - DAY}/")
    page.keyboard.press("]")
    page.wait_for_url(f"**/day/{now().date()}/")
    page.keyboard.press("[")
    page.wait_for_url(f"**/day/{now().date() - DAY}/")
    page.keyboard.press("g")
    page.keyboard.press("d")

    page.wait_for_url(f"**/day/{now().date()}/")


def test_it_leaves_fields_and_modifiers_alone(day_page):
    page = day_page()
    page.keyboard.press("Control+j")
    assert at(page) == ""
    page.keyboard.press("/")
    page.keyboard.type("jr]")

    expect(page.get_by_role("searchbox")).to_have_value("jr]")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_it_helps(day_page, screenshot, barriers):
    page = day_page()
    page.keyboard.press("Shift+Slash")
    expect(page.get_by_role("dialog")).to_be_visible()
    screenshot(page, "day-keys")
    assert barriers(page) == []
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()


def test_it_is_silent_for_those_who_switched_it_off(day_page):
    page = day_page()
    Person.objects.update(uses_shortcuts=False)
    page.reload()
    page.keyboard.press("j")

    assert at(page) == ""
    expect(page.get_by_role("button", name="Keyboard")).to_be_hidden()


def break_tver() -> None:
    rollups = DailyRollup.objects.filter(region__code="tver", day=now().date())
    rollups.update(n_received=401, n_done=0, n_failed=401, n_expected=401)


def test_it_refreshes_numbers_in_place(day_page):
    page = day_page()
    page.keyboard.press("j")
    DailyRollup.objects.filter(region__code="tver", day=now().date()).update(n_received=395)
    page.clock.fast_forward(61_000)

    expect(page.locator("#tver td.studies")).to_contain_text("395")
    expect(page.locator("#news")).to_be_empty()
    assert at(page) == "kursk"


def test_it_moves_no_row_until_asked(day_page, screenshot):
    page = day_page()
    page.locator("#tver").focus()
    break_tver()
    page.clock.fast_forward(61_000)
    expect(page.locator("#news")).to_have_text("Regions that changed: 1.")
    expect(page.locator("#group-fine #tver")).to_contain_text("no answer was finished")
    screenshot(page, "day-news")
    page.keyboard.press("r")

    expect(page.locator("#group-look #tver")).to_be_focused()
    expect(page.locator("#news")).to_be_empty()


def test_it_offers_the_new_order_to_a_mouse(day_page):
    page = day_page()
    Region.objects.filter(code="perm").update(is_active=False)
    page.clock.fast_forward(61_000)
    page.get_by_role("button", name="Show the new order").click()

    expect(page.locator("#perm")).to_have_count(0)


def test_it_keeps_what_is_being_written(day_page):
    page = day_page()
    page.locator("#tver .note-form summary").click()
    page.locator("#tver textarea").fill("half a note")
    break_tver()
    page.clock.fast_forward(61_000)
    expect(page.locator("#news")).not_to_be_empty()

    expect(page.locator("#tver textarea")).to_have_value("half a note")


def test_it_says_when_it_cannot_be_refreshed(day_page):
    page = day_page()
    page.context.clear_cookies()
    page.clock.fast_forward(61_000)

    expect(page.locator("#news")).to_have_text(
        "This page cannot be refreshed now; its numbers grow old."
    )
