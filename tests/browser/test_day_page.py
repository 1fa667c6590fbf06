"""The daily page in a real browser. Its pictures are left in build/screenshots."""

from __future__ import annotations

import csv
import io
import unicodedata
from datetime import timedelta

import pypdf
import pytest
from playwright.sync_api import expect

from fleet.clock import now
from tests.browser.conftest import SCREENSHOTS
from tests.browser.morning import make_morning
from tests.browser.screens import each_screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def fleet(transactional_db):
    make_morning(now())


@pytest.fixture
def day_page(fleet, open_page, log_in):
    """Return a function that opens today with a query and `open_page`'s arguments."""

    def open_day(query: str = "", **options):
        page = open_page(**options)
        page.goto(f"/day/{now().date()}/{query}")
        log_in(page)
        page.wait_for_selector(".strip")
        return page

    return open_day


def breadth(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("language", ["en", "ru"])
@each_screen
def test_it_fits_the_screen_and_has_no_barriers(
    day_page, screenshot, barriers, width, scheme, language
):
    page = day_page("?open=kursk", width=width, scheme=scheme, language=language)

    screenshot(page, f"day-{width}-{scheme}-{language}")

    assert breadth(page) == width
    assert barriers(page) == []


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_reflows_at_320_pixels(day_page, language):
    assert breadth(day_page("?open=kursk", width=320, language=language)) == 320


def test_it_says_what_to_do_first(day_page):
    first = day_page().locator("#group-look tbody tr").first

    expect(first).to_contain_text("138 studies came, no answer was finished.")
    expect(first).to_contain_text("new since")


def test_it_counts_in_its_title(day_page):
    expect(day_page()).to_have_title("5 need a look – " + f"{now():%A %-d %B %Y} · Fleet")


def test_it_works_without_javascript(day_page, screenshot):
    page = day_page(script=False)
    page.locator("#kursk").get_by_role("link", name="Explain").click()
    screenshot(page, "day-no-script")

    assert page.url.endswith("/?open=kursk#kursk")
    expect(page.locator("#kursk-detail")).to_contain_text("Failed: 100% (138 of 138)")
    expect(page.locator("#omsk")).to_contain_text("<b>bastion</b>")


def test_it_goes_to_a_date_without_javascript(day_page):
    page = day_page(script=False)
    asked = (now() - timedelta(days=9)).date().isoformat()
    page.get_by_label("Another day").fill(asked)
    page.get_by_role("button", name="Go").click()

    assert page.url.endswith(f"/day/{asked}/")


def test_it_filters_and_the_back_button_undoes_it(day_page, screenshot):
    page = day_page()
    page.get_by_role("link", name="2 failing").click()
    expect(page.locator("tr.region")).to_have_count(2)
    screenshot(page, "day-filtered")
    page.go_back()

    expect(page.locator("tr.region")).to_have_count(8)


def test_it_finds_a_region_by_name(day_page):
    page = day_page("?show=failing")
    page.get_by_role("searchbox").fill("omsk")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".no-hits")).to_contain_text("failing, “omsk”")
    page.locator(".no-hits").get_by_role("link", name="Show all regions").click()

    expect(page.locator("tr.region")).to_have_count(8)


def test_it_explains_a_lamp_by_keyboard(day_page):
    page = day_page()
    lamp = page.locator("#omsk .lamp summary").first
    lamp.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#omsk .lamp p").first).to_contain_text("Closed since")
    page.keyboard.press("Escape")

    expect(page.locator("#omsk .lamp p").first).to_be_hidden()


def test_it_explains_a_number_on_a_click(day_page, screenshot):
    page = day_page()
    page.locator("#tver td.failed").click()
    expect(page.locator("#tver-detail")).to_contain_text("Failed: 0% (0 of 100)")
    screenshot(page, "day-explained")
    assert page.url.endswith("/?open=tver")
    page.locator("#tver td.failed").click()

    expect(page.locator("#tver-detail")).to_have_count(0)
    assert page.url.endswith("/")


def test_it_finds_a_region_from_the_strip(day_page):
    page = day_page()
    page.get_by_role("link", name="Tver: fine").click()

    assert page.url.endswith("#tver")


def test_it_switches_to_russian(day_page):
    page = day_page()
    page.get_by_role("button", name="RU").click()

    expect(page.locator("#group-look h2")).to_contain_text("Требуют внимания")


def test_it_prints_each_row_with_its_words(day_page):
    page = day_page(scheme="dark")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    paper = page.pdf(path=SCREENSHOTS / "day-print.pdf", prefer_css_page_size=True)
    sheets = pypdf.PdfReader(io.BytesIO(paper)).pages
    # Fonts join some letters, as in “finished”.
    text = unicodedata.normalize("NFKC", " ".join(sheet.extract_text() for sheet in sheets))
    text = " ".join(text.split())

    assert sheets[0].mediabox.width > sheets[0].mediabox.height
    for words in ("Kursk, failing", "no answer was finished", "Omsk, stale", "Signed", page.url):
        assert words in text
    assert "Explain" not in text


def test_it_gives_a_file_that_excel_opens(day_page):
    page = day_page("?show=failing", language="ru")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV для Excel").click()
    text = waiting.value.path().read_text(encoding="utf-8")

    assert text.startswith("\ufeff")
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert {row["region"]: row["failed_share"] for row in rows} == {"kursk": "1", "perm": "0"}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_explains_an_empty_fleet(open_page, log_in, screenshot, barriers, language):
    page = open_page(language=language)
    page.goto("/")
    log_in(page)
    expect(page.locator(".notice pre")).to_contain_text("add_region")

    screenshot(page, f"day-empty-{language}")

    assert barriers(page) == []
