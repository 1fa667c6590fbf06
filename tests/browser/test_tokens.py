"""A person's own tokens in a real browser: made, shown once, revoked, with and without a script."""

from __future__ import annotations

import pytest

from tests.browser.screens import each_screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@each_screen
@pytest.mark.parametrize("script", [True, False])
def test_it_is_made_and_revoked(open_page, log_in, screenshot, width, scheme, script):
    page = open_page(width, scheme, script=script)
    page.goto("/me/tokens/")
    log_in(page)
    page.get_by_label("Name").fill("grafana at the hospital of the northern district")
    page.get_by_label("the metrics for Prometheus").check()
    page.get_by_role("button", name="Make the token").click()
    made = page.get_by_role("status").locator("code").inner_text()
    screenshot(page, f"token-made-{width}-{scheme}-{'script' if script else 'plain'}")
    page.goto("/me/tokens/")
    assert made.startswith("fleet_")
    assert made not in page.content()
    page.get_by_role("button", name="Revoke").click()

    assert "You have no tokens." in page.locator("main").inner_text()


@each_screen
@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_is_read_by_anybody(open_page, log_in, barriers, screenshot, width, scheme, language):
    page = open_page(width, scheme, language)
    page.goto("/me/tokens/")
    log_in(page)
    page.locator("[name=name]").fill("grafana")
    page.locator("form:has([name=days]) button").click()
    page.wait_for_selector("code.token")
    found = barriers(page)
    screenshot(page, f"token-shown-{width}-{scheme}-{language}")
    page.locator("[name=name]").fill("grafana")
    page.locator("form:has([name=days]) button").click()
    page.wait_for_selector("[role=alert]")
    screenshot(page, f"token-refused-{width}-{scheme}-{language}")

    assert found + barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
