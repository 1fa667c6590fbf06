"""A morning over the whole chain: native rows, contract, foreign tables, collection, Chromium."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from fleet.clock import now
from regions.collect import collect
from regions.localday import day_bounds, local_day

pytestmark = [
    pytest.mark.browser,
    pytest.mark.integration,
    pytest.mark.django_db(transaction=True),
]
HOUR = timedelta(hours=1)


class Contour:
    """Tver, whose database takes studies of yesterday whenever a test adds some."""

    def __init__(self, database, region):
        self.database, self.region = database, region
        self.day = local_day(now(), region.zone) - timedelta(days=1)
        self.n_studies = 0

    def add(self, n_studies, **fields):
        """Write studies of yesterday, some of them late, and collect."""
        noon = day_bounds(self.day, self.region.zone)[0] + 12 * HOUR
        for _ in range(n_studies):
            self.n_studies += 1
            self.database.insert_study(noon, study_ref=f"study-{self.n_studies:04}", **fields)
        assert collect(self.region, now(), is_sweep=True).sentence == ""


@pytest.fixture
def tver(transactional_db, region_database, make_region):
    database = region_database("tver")
    contour = Contour(database, make_region(database, name="Tver"))
    contour.add(40, status="done", scores=[0.1, 0.9])
    return contour


@pytest.fixture
def morning(tver, open_page, log_in):
    """Yesterday's page, opened by somebody who just logged in."""
    page = open_page()
    page.goto(f"/day/{tver.day}/")
    log_in(page)
    page.wait_for_selector(".regions")
    return page


def test_it_shows_what_the_region_holds(morning, tver):
    expect(morning.locator("#tver .studies")).to_contain_text("40")
    morning.get_by_role("searchbox", name="Region").fill("tver")
    morning.get_by_role("button", name="Apply").click()
    expect(morning.locator("#tver")).to_be_visible()

    morning.locator("#tver .name").click()
    expect(morning.get_by_role("heading", level=1)).to_contain_text("Tver")
    morning.get_by_role("link", name="Studies").first.click()
    expect(morning.locator("tbody")).to_contain_text("study-0040")


def test_late_rows_change_what_was_signed(morning, tver, screenshot):
    morning.get_by_role("button", name="Sign: Tver").click()
    expect(morning.locator("#tver .signed")).to_contain_text("oncall")
    tver.add(34, status="done", scores=[0.2])
    morning.reload()

    expect(morning.locator("#tver .studies")).to_contain_text("74")
    expect(morning.locator("#tver .signed")).to_contain_text("(+34 studies)")
    screenshot(morning, "chain-changed-since-signed")


def test_a_silent_model_must_be_explained_and_is_handed_over(morning, tver):
    tver.add(60, status="failed", attempt={"error_class": "oom", "error_side": "service"})
    morning.reload()
    expect(morning.locator("#tver .why")).to_contain_text("60.0%")

    morning.get_by_role("link", name="Handover").click()
    expect(morning.locator("main")).to_contain_text("Tver")
    expect(morning.locator("main")).to_contain_text("60.0%")
