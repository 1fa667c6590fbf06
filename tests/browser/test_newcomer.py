"""A newcomer starts the demo, logs in, and finds every state on the page."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet.demo.servers import free_port
from tests.rig.demo_run import Run

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

# What each of the demo's regions shows, whatever the hour; the others are fine or not begun.
MARKS = {"bagmati": "stale", "kaliningrad": "unknown", "chukotka": "carried"}


@pytest.fixture(scope="module")
def demo(rig_folder: Path, chromium: Browser) -> Iterator[tuple[str, str]]:
    """The address and the password of a running demo with six regions."""
    run = Run(rig_folder / "newcomer", FLEET_DEMO_REGIONS="6", FLEET_DEMO_PORT=str(free_port()))
    try:
        yield run.await_ready()
    finally:
        run.end(signal.SIGTERM)


@pytest.fixture(params=[(1440, "light"), (390, "dark")])
def page(
    request: pytest.FixtureRequest, demo: tuple[str, str], chromium: Browser
) -> Iterator[Page]:
    """The daily page, as the newcomer sees it after the login."""
    width, scheme = request.param
    address, password = demo
    context = chromium.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    shown = context.new_page()
    shown.goto("/")
    shown.get_by_label("Username").fill("oncall")
    shown.get_by_label("Password").fill(password)
    shown.get_by_role("button", name="Log in").click()
    expect(shown.get_by_role("heading", level=1)).to_be_visible()
    yield shown
    context.close()


def test_each_state_is_on_screen(page: Page, screenshot: Callable[[Page, str], None]) -> None:
    viewport = page.viewport_size
    assert viewport is not None
    screenshot(page, f"newcomer-{viewport['width']}")
    for code, mark in MARKS.items():
        expect(page.locator(f"tr#{code}")).to_have_class(re.compile(rf"\b{mark}\b"))
    assert page.locator("tr.fine").count() >= 1
    expect(page.locator("tr#bagmati")).to_contain_text("26 h")
    expect(page.locator("tr#kaliningrad")).to_contain_text("refuses connections")
    expect(page.locator(".totals h2")).to_contain_text(re.compile(r"Totals of \d of \d regions"))
