"""A newcomer starts the demo, logs in, finds every state on the page, and ends it by force."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet.demo.folder import DemoFolder
from fleet.demo.servers import free_port
from tests.rig.demo_run import ROOT, Run, environment

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]

# What each of the demo's regions shows, whatever the hour; the others are fine or not begun.
MARKS = {
    "kamchatka": "failing",
    "bagmati": "stale",
    "kaliningrad": "unknown",
    "chukotka": "carried",
}


class Demo:
    """A demo with six regions in one folder, started as often as a test asks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self.run = Run(self.folder, FLEET_DEMO_REGIONS="6", FLEET_DEMO_PORT=str(self.port))
        try:
            self.address, self.password = self.run.await_ready()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """End it and, where it was killed, what it left."""
        if self.run.process.poll() is None:
            self.run.end(signal.SIGTERM)
        for file in self.folder.glob("*/data/postmaster.pid"):
            os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)
        DemoFolder(self.folder).end_leftovers()


@pytest.fixture
def demo(rig_folder: Path) -> Iterator[Demo]:
    running = Demo(rig_folder / "newcomer")
    yield running
    running.end()


@contextmanager
def logged_in(demo: Demo, chromium: Browser, width: int, scheme: Any) -> Iterator[Page]:
    """The daily page, as the newcomer sees it after the login."""
    context = chromium.new_context(
        base_url=demo.address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    shown = context.new_page()
    shown.goto("/")
    shown.get_by_label("Username").fill("oncall")
    shown.get_by_label("Password").fill(demo.password)
    shown.get_by_role("button", name="Log in").click()
    expect(shown.get_by_role("heading", level=1)).to_be_visible()
    yield shown
    context.close()


def each_state_is_on_screen(page: Page) -> None:
    for code, mark in MARKS.items():
        expect(page.locator(f"tr#{code}")).to_have_class(re.compile(rf"\b{mark}\b"))
    assert page.locator("tr.fine").count() >= 1
    # Of a day that has just ended there, the age is told as of its end.
    expect(page.locator("tr#bagmati")).to_contain_text(re.compile("2[0-6] h"))
    expect(page.locator("tr#kaliningrad")).to_contain_text("refuses connections")
    expect(page.locator(".totals h2")).to_contain_text(re.compile(r"Totals of \d of \d regions"))


def an_alert_is_born(demo: Demo, page: Page) -> None:
    """Break a region by the command, as README says, and look at what it says to look at."""
    command = [sys.executable, ROOT / "manage.py", "sham_scenario", "zero_tensor"]
    where = environment(demo.folder)
    said = subprocess.run(
        command, env=where, capture_output=True, text=True, check=True, timeout=150
    ).stdout
    found = re.search(r"the alert +(http\S+)", said)
    assert found, said
    page.goto(found[1])
    expect(page.get_by_role("heading", level=1)).to_contain_text("answers the same")
    expect(page.locator("main")).to_contain_text("gpu-02")


def test_it_shows_each_state_resumes_after_a_kill_and_ends_cleanly(
    demo: Demo, chromium: Browser, screenshot: Callable[[Page, str], None]
) -> None:
    for width, scheme in ((1440, "light"), (390, "dark")):
        with logged_in(demo, chromium, width, scheme) as page:
            screenshot(page, f"newcomer-{width}")
            each_state_is_on_screen(page)
    with logged_in(demo, chromium, 1440, "light") as page:
        an_alert_is_born(demo, page)
        screenshot(page, "newcomer-alert")
    address = demo.address
    os.kill(demo.run.process.pid, signal.SIGKILL)
    demo.run.process.wait(5)

    demo.start()

    assert demo.address == address == f"http://127.0.0.1:{demo.port}/"
    assert demo.run.end(signal.SIGINT) == []
    assert demo.run.process.returncode == 0
    assert not list(demo.folder.glob("*/data/postmaster.pid"))
