"""A region's page in a real browser. Its pictures are left in build/screenshots."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from fleet.clock import now
from regions.localday import day_bounds, local_day
from regions.models import Region, RegionStatus, TunnelState
from tests.browser.screens import each_screen
from tests.builders import make_path, make_region, make_tunnel
from tests.rig.region_rows import collect_every, fill_days

# A machine that does other work too draws a chart in seconds.
expect.set_options(timeout=20_000)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ONE_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def region(transactional_db: None) -> Region:
    """Tver, whose link was lost for an hour yesterday; two paths, the first is closed."""
    moment = now()
    region = make_region("tver", name="Tver")
    make_tunnel(
        make_path(region, 1),
        TunnelState.State.CLOSED,
        since=moment - 26 * 60 * MINUTE,
        seen_at=moment + 60 * MINUTE,
        sentence="SSH: <b>bastion</b> did not answer within 5 s.",
    )
    make_tunnel(make_path(region, 2), since=moment - 3 * ONE_DAY, seen_at=moment + 60 * MINUTE)
    fill_days(region, local_day(moment, region.zone), moment, n_days=35)
    RegionStatus.objects.update(path=region.paths.get(position=2))
    begins = day_bounds(local_day(moment, region.zone) - ONE_DAY, region.zone)[0]
    collect_every(region, begins, moment, 5 * MINUTE, failing=range(40, 52))
    return region


@pytest.fixture
def open_region(
    region: Region, open_page: Callable[..., Page], log_in: Callable[[Page], None]
) -> Callable[..., Page]:
    """Return a function: (days ago=1, blocked=address, width=…, …) -> the region's page."""

    def show(ago: int = 1, blocked: str = "", **options: object) -> Page:
        page = open_page(**options)
        if blocked:
            page.route(blocked, lambda route: route.abort())
        day = local_day(now(), region.zone) - ago * ONE_DAY
        page.goto(f"/regions/tver/{day}/")
        log_in(page)
        page.wait_for_selector(".lamps")
        return page

    return show


def scroll_through(page: Page) -> None:
    """Bring each chart into view, as a reader would."""
    for box in page.locator("[data-chart]").all():
        box.scroll_into_view_if_needed()
        expect(box.locator("svg.main-svg").first).to_be_visible()
    page.evaluate("scrollTo(0, 0)")


@each_screen
def test_anybody_can_read_it(open_region, barriers, screenshot, width, scheme):
    page = open_region(width=width, scheme=scheme)
    page.locator("#volume").scroll_into_view_if_needed()
    expect(page.locator("#volume .plot.drawn")).to_be_visible()
    assert page.locator("#inputs .plot.drawn").count() == 0, "far below, and drawn all the same"
    scroll_through(page)
    screenshot(page, f"region-{width}-{scheme}")

    assert page.locator(".plot.drawn").count() == page.locator(".plot").count() > 10
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert barriers(page) == []


def test_its_charts_answer_and_follow_the_theme(open_region):
    page = open_region()
    page.locator("#volume").scroll_into_view_if_needed()
    page.locator("#volume .plot.drawn").hover()
    expect(page.locator("#volume .hoverlayer text").first).to_be_visible()
    page.locator("#node-scores").scroll_into_view_if_needed()
    bar = page.locator("#node-scores .point path").first
    before = bar.evaluate("bar => bar.style.fill")
    page.emulate_media(color_scheme="dark")

    expect(bar).not_to_have_css("fill", before)


def test_it_shows_the_tables_without_javascript(open_region, screenshot):
    page = open_region(script=False)
    screenshot(page, "region-1440-no-script")

    assert page.locator("#volume tbody tr").first.is_visible()
    assert page.locator(".plot").first.is_hidden()


def test_it_opens_the_table_when_a_chart_cannot_be_drawn(open_region):
    page = open_region(blocked="**/plotly.min.js")
    page.locator("#volume").scroll_into_view_if_needed()

    expect(page.locator("#volume .plot")).to_contain_text("could not be drawn")
    expect(page.locator("#volume tbody tr").first).to_be_visible()


def test_it_says_why_a_path_is_closed_as_text(open_region):
    page = open_region()

    assert "<b>bastion</b>" in page.locator(".path-closed").inner_text()


def test_it_speaks_russian_of_a_stale_day(open_region, screenshot):
    RegionStatus.objects.update(
        last_success_at=now() - timedelta(hours=30), provides="study,processing"
    )
    page = open_region(width=390)
    page.get_by_role("button", name="RU").click()
    page.wait_for_selector("html[lang=ru]")
    screenshot(page, "region-390-russian-stale")

    assert "устарели" in page.locator(".stale-note").inner_text()
    assert "«prediction»" in page.locator("#scores").inner_text()


def test_it_shows_the_running_day(open_region, screenshot):
    page = open_region(ago=0)
    screenshot(page, "region-1440-today")

    assert page.locator(".timeline .version").count() == 2
    assert page.locator(".timeline .now").count() == 1
