"""Who may come in, in a real browser: the login, a person's own page, refusals, the admin."""

from __future__ import annotations

import pytest

from fleet.people.models import Role
from tests.browser.conftest import PASSWORD
from tests.browser.screens import each_screen
from tests.builders import make_healthy_region, make_person
from tests.rig.authenticator import shown_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# What is shown to one who is logged in, by the name of its picture.
PAGES = {
    "me": "/me/",
    "password": "/me/password/",
    "tokens": "/me/tokens/",
    "second-step": "/me/second-step/",
    "again": "/login/again/",
    "403": "/admin/",
    "404": "/day/2026-02-30/",
}


def log_in_by_form(page, username="oncall"):
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@each_screen
def test_anybody_can_log_in(open_page, barriers, screenshot, width, scheme):
    make_person(password=PASSWORD)
    page = open_page(width, scheme)
    page.goto("/me/")
    screenshot(page, f"login-{width}-{scheme}")

    assert barriers(page) == []
    log_in_by_form(page)
    page.wait_for_url("**/me/")


@each_screen
def test_anybody_can_read(open_page, log_in, barriers, screenshot, width, scheme):
    page = open_page(width, scheme)
    page.goto("/me/")
    log_in(page)
    page.wait_for_url("**/me/")
    found = {}
    for name, path in PAGES.items():
        page.goto(path)
        screenshot(page, f"{name}-{width}-{scheme}")
        found[name] = barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width

    assert {name: one for name, one in found.items() if one} == {}


def test_it_says_why_a_login_failed(open_page, screenshot):
    page = open_page()
    page.goto("/login/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    screenshot(page, "login-wrong")

    assert "is wrong" in page.get_by_role("alert").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_menu_says_who_is_there(open_page, log_in, barriers, screenshot, scheme):
    page = open_page(390, scheme)
    page.goto("/me/")
    log_in(page)
    page.get_by_role("button", name="oncall").click()
    screenshot(page, f"menu-390-{scheme}")

    assert barriers(page) == []
    assert "on-call" in page.locator("#person-menu").inner_text()


def test_the_theme_is_kept(open_page, log_in, screenshot):
    page = open_page()
    page.goto("/me/")
    log_in(page)
    page.get_by_role("button", name="oncall").click()
    page.get_by_role("button", name="dark", exact=True).click()
    page.wait_for_selector("html[data-theme=dark]")
    screenshot(page, "me-chosen-dark")

    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(20, 23, 28)"
    )


def test_shortcuts_are_switched_off(open_page, log_in):
    page = open_page()
    page.goto("/me/")
    log_in(page)
    page.get_by_role("group", name="Keyboard shortcuts").get_by_label("off").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()

    assert page.get_by_role("group", name="Keyboard shortcuts").get_by_label("off").is_checked()


def test_the_second_step_is_turned_on(open_page, log_in, barriers, screenshot):
    page = open_page()
    page.goto("/me/second-step/")
    log_in(page)
    page.get_by_role("link", name="Turn the second step on").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("img.code")
    screenshot(page, "second-step-on")
    assert barriers(page) == []
    page.get_by_label("code").fill(shown_code(page.locator("main code").inner_text()))
    page.get_by_role("button", name="Turn on").click()
    page.wait_for_url("**/codes/")
    screenshot(page, "recovery-codes")

    assert len(page.locator("pre code").inner_text().split()) == 10


def test_the_admin_keeps_to_the_policy(open_page, screenshot):
    region = make_healthy_region()
    user = make_person("anna", Role.ADMIN, password=PASSWORD)
    page = open_page()
    page.goto("/admin/")
    log_in_by_form(page, "anna")
    page.wait_for_url("**/admin/")
    for path in ("regions/region/", f"regions/region/{region.pk}/change/", "auth/user/"):
        page.goto(f"/admin/{path}")
    page.goto(f"/admin/auth/user/{user.pk}/change/")
    page.wait_for_selector(".selector-available")
    screenshot(page, "admin-person")

    page.goto("/admin/people/auditevent/")
    screenshot(page, "admin-trail")
    assert "signed in" in page.locator("#result_list").inner_text()
