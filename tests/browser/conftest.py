from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from tests.builders import make_person

SCREENSHOTS = Path(__file__).resolve().parent.parent.parent / "build" / "screenshots"
# Without windows of its own, as the first is, it takes less than half of the processor's time.
CHROMIUMS = ("chromium-headless-shell", "chromium")
PASSWORD = "a password for the tests"
# What Chromium writes to its console when it refuses something.
POLICY = "Content Security Policy"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one that FLEET_CHROMIUM names."""
    path = os.environ.get("FLEET_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), "")
    if not path:
        pytest.skip("NO BROWSER TESTS: install chromium (apt-get install chromium).")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not start for root.
        browser = playwright.chromium.launch(
            executable_path=path, chromium_sandbox=os.geteuid() != 0
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(
    chromium: Browser, live_server: object, transactional_db: None
) -> Iterator[Callable[..., Page]]:
    """Return a function: (width=1440, scheme="light", language="en", script=True) -> Page.

    What the pages' policy refused, and every error of a script, fails the test at its end.
    """
    contexts = []
    faults: list[str] = []

    def open_one(
        width: int = 1440, scheme: str = "light", language: str = "en", script: bool = True
    ) -> Page:
        context = chromium.new_context(
            base_url=str(live_server),
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale=language,
            java_script_enabled=script,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: faults.append(line.text) if POLICY in line.text else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def log_in() -> Callable[[Page], None]:
    """Return a function: (page that asks for a login) goes on as oncall, without the form."""
    person = make_person(password=PASSWORD)

    def go_on(page: Page) -> None:
        client = Client()
        client.force_login(person)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        address = urlsplit(page.url)
        site = f"{address.scheme}://{address.netloc}"
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
        page.goto(parse_qs(address.query)["next"][0])

    return go_on


@pytest.fixture
def barriers() -> Callable[[Page], list[str]]:
    """Return a function: (page) -> what axe-core finds against WCAG and its own best practices."""

    def find(page: Page) -> list[str]:
        found = Axe().run(page).response["violations"]
        return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]

    return find


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Return a function: (page, name) leaves a picture of the whole page in build/screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        # As PNG it would take twice as long.
        page.screenshot(path=SCREENSHOTS / f"{name}.jpg", full_page=True, type="jpeg", quality=80)

    return take
