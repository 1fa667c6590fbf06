"""The page of an alert in a real browser: what is drawn, and which studies."""

from __future__ import annotations

import pytest

from fleet.clock import now
from regions.localday import local_day
from tests.browser.screens import each_screen
from tests.builders import make_alert, make_region
from tests.rig.region_rows import fill_days

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(transactional_db, open_page, log_in):
    """Return a function: (**options of open_page) -> the page of an alert with peers."""
    for code, name in (("tver", "Тверь"), ("omsk", "Омск"), ("perm", "The hospital of Perm")):
        region = make_region(code, name=name)
        fill_days(region, local_day(now(), region.zone), now(), n_days=9 if code == "tver" else 1)
        if code == "tver":
            where = {"service": "mammo-cls", "version": "4.2", "attribute": "malignancy"}
            alert = make_alert(region, "class_collapse", now(), **where)

    def go(**options):
        page = open_page(**options)
        page.goto(f"/alerts/{alert.pk}/")
        log_in(page)
        page.wait_for_selector("h1")
        return page

    return go


@each_screen
def test_it_draws_what_moved_and_fits_the_screen(visit, screenshot, barriers, width, scheme):
    page = visit(width=width, scheme=scheme)
    for key in ("score-0", "month", "peers"):
        page.locator(f"#{key}").scroll_into_view_if_needed()
        page.wait_for_selector(f"#{key} .plot.drawn")

    screenshot(page, f"alert-evidence-{width}-{scheme}")

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert barriers(page) == []


def test_it_says_in_place_why_no_studies_are_read(visit, barriers):
    page = visit()
    page.get_by_role("link", name="Read some of them live").click()

    page.get_by_text("No access path is enabled").wait_for()

    assert "/studies/" not in page.url
    assert barriers(page) == []
