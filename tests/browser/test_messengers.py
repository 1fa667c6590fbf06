"""The messengers in a real browser: how they fare, and a test whose result appears by itself."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from fleet.alerts.delivery import deliver_next
from fleet.clock import now
from fleet.people.models import Person, Role
from tests.browser.screens import each_screen
from tests.builders import make_channel

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(transactional_db, open_page, log_in):
    """Return a function: (**options of open_page) -> the page, as an administrator sees it."""
    Person.objects.update(role=Role.ADMIN)
    hours = {"quiet_from": time(22), "quiet_until": time(7), "digest_at": time(9), "budget": 40}
    make_channel("Duty room", time_zone="Europe/Moscow", **hours)
    make_channel("Second", "matrix", is_enabled=False, disabled_reason="The room is gone.")
    make_channel("By post, of the engineers on duty in the branch", "apprise", n_failures=3)

    def go(**options):
        page = open_page(**options)
        page.goto("/settings/messengers/")
        log_in(page)
        page.wait_for_selector("h1")
        return page

    return go


@each_screen
def test_it_fits_the_screen(visit, screenshot, barriers, width, scheme):
    page = visit(width=width, scheme=scheme)

    screenshot(page, f"messengers-{width}-{scheme}")

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert barriers(page) == []


def test_it_shows_what_became_of_a_test(visit):
    page = visit()
    page.get_by_role("button", name="Send a test message").first.click()
    page.get_by_text("waits for the deliverer").wait_for()

    assert deliver_next(now(), pace=timedelta()) is not None

    page.get_by_text("arrived after").wait_for()
