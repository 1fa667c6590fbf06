"""A region that writes HTML, SQL, marks of direction and a megabyte into each of its text columns:
every page shows text, a line or two of it, and our own words the right way round."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.clock import now
from regions.collect import collect
from regions.localday import day_bounds, local_day

pytestmark = [
    pytest.mark.browser,
    pytest.mark.integration,
    pytest.mark.django_db(transaction=True),
]
MARK = "<img src=x onerror=alert(1)>'; DROP TABLE regions_region; --\u202e"
HOSTILE = MARK + "x" * 1_000_000
LONGEST_PAGE = 3_000_000
TABLES = ("study_native", "attempt_native", "prediction_native", "rejection_native")
REFERENCES = {"study_ref", "attempt_ref", "status"}


def fill_with_hate(database):
    """Make every text of the rows HOSTILE that joins nothing."""
    for table in TABLES:
        columns = database.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND data_type = 'text'",
            [table],
        )
        for (column,) in columns:
            if column not in REFERENCES:
                database.execute(f"UPDATE {table} SET {column} = %s", [HOSTILE])


@pytest.fixture
def day(transactional_db, region_database, make_region):
    database = region_database("tver")
    region = make_region(database, name="Tver")
    day = local_day(now(), region.zone) - timedelta(days=1)
    noon = day_bounds(day, region.zone)[0] + timedelta(hours=12)
    for status in ("done", "failed", "rejected", HOSTILE):
        database.insert_study(noon, status=status, scores=[0.9], attempt={"error_class": "oom"})
    database.insert_rejection(noon)
    fill_with_hate(database)
    assert collect(region, now(), is_sweep=True).sentence == ""
    return day


@pytest.fixture
def read(day, open_page, log_in):
    page = open_page()
    page.on("dialog", lambda dialog: pytest.fail(f"the page said {dialog.message}"))
    page.goto("/")
    log_in(page)
    page.wait_for_selector("h1")
    return page


PAGES = {
    "day": "/day/{}/",
    "region": "/regions/tver/{}/",
    "studies": "/regions/tver/{}/studies/",
    "handover": "/day/{}/handover/",
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_text(read, day, screenshot, name):
    read.goto(PAGES[name].format(day))
    read.wait_for_load_state("networkidle")
    screenshot(read, f"hostile-{name}")

    assert ("<img src=x" in read.locator("main").inner_text()) == (name != "handover")
    assert not any("\u202e" in text for text in read.locator("h2,h3,p,td,th").all_inner_texts())
    assert read.locator("img").count() == 0
    assert len(read.content()) < LONGEST_PAGE
    assert read.evaluate("document.documentElement.scrollWidth") <= 1440
