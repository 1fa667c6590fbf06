"""Alerts in a real browser: the list, the page of one, silences and quality."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from fleet.alerts.lifecycle import acknowledge, resolve
from fleet.alerts.models import Alert, Silence
from fleet.clock import now
from tests.browser.screens import each_screen
from tests.builders import make_alert, make_maintenance, make_region, make_silence

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)


@pytest.fixture
def alert(transactional_db, log_in):
    """Four alerts of three regions, a silence and work; returns the one that fails in Tver."""
    tver = make_region("tver", name="Тверь")
    omsk = make_region("omsk", name="Омск", time_zone="Asia/Omsk")
    perm = make_region("perm", name="Perm, the city hospital number twenty-seven")
    author = User.objects.get(username="oncall")
    before = make_alert(tver, at=now() - 90 * HOUR, service="mammo")
    resolve(before.pk, author, "A full disk", now() - 80 * HOUR, is_false_alarm=True)
    failing = make_alert(tver, at=now() - 3 * HOUR, service="mammo", attribute="gpu-2")
    taken = make_alert(omsk, "volume_shift", now() - 2 * HOUR)
    acknowledge(taken.pk, author, now())
    make_alert(perm, "new_category", now() - HOUR, attribute="manufacturer", score=None)
    make_silence(omsk, now() + 5 * HOUR, begins_at=now(), kind="latency_up", author=author)
    make_maintenance(perm, now().date(), now().date() + timedelta(days=2))
    return failing


@pytest.fixture
def visit(alert, open_page, log_in):
    """Return a function: (address, **options of open_page) -> the page."""

    def go(address, **options):
        page = open_page(**options)
        page.goto(address.format(id=alert.pk))
        log_in(page)
        page.wait_for_selector("h1")
        return page

    return go


PAGES = {
    "alerts": "/alerts/",
    "alert": "/alerts/{id}/",
    "alert-silences": "/alerts/silences/",
    "alert-quality": "/alerts/quality/",
    "runbook": "/runbooks/errors_up/",
}


@each_screen
@pytest.mark.parametrize("name", PAGES)
def test_it_fits_the_screen(visit, screenshot, barriers, name, width, scheme):
    page = visit(PAGES[name], width=width, scheme=scheme)

    screenshot(page, f"{name}-{width}-{scheme}")

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert barriers(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_it_reflows_at_320_pixels_in_russian(visit, name):
    page = visit(PAGES[name], width=320)
    page.get_by_role("button", name="RU").click()
    page.wait_for_selector("html[lang=ru]")

    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_it_is_all_in_russian(visit, screenshot, barriers):
    page = visit("/alerts/")
    page.get_by_role("button", name="RU").click()
    page.wait_for_selector("html[lang=ru]")

    screenshot(page, "alerts-1440-russian")

    assert "Сбоев больше обычного" in page.inner_text("main")
    assert barriers(page) == []


def test_it_is_driven_by_the_keyboard_whatever_its_layout(visit, alert):
    page = visit("/alerts/")
    page.locator("tr.alert").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.id") == f"a{alert.pk}"

    page.keyboard.press("x")
    assert page.locator(f"#a{alert.pk} [type=checkbox]").is_checked()
    page.keyboard.press("a")
    page.get_by_text("1 alert is yours.").wait_for()
    assert Alert.objects.get(pk=alert.pk).acknowledged_by.username == "oncall"


def test_it_asks_for_the_reason_of_a_silence(visit, alert):
    page = visit("/alerts/")
    page.locator(f"#a{alert.pk}").focus()
    page.keyboard.press("s")
    page.keyboard.type("new GPU")
    page.get_by_role("button", name="Silence", exact=True).click()
    page.get_by_text("1 alert is silenced.").wait_for()

    assert Silence.objects.get(reason="new GPU").kind == "errors_up"
    assert page.locator("tr.alert").count() == 2


def test_it_works_without_javascript(visit, alert):
    page = visit("/alerts/{id}/", script=False)
    page.get_by_role("button", name="Take").click()
    page.get_by_text("1 alert is yours.").wait_for()
    page.locator("summary", has_text="Resolve").click()
    page.get_by_label("What was wrong").fill("a cable")
    page.locator(".deeds-of details button", has_text="Resolve").click()
    page.get_by_text("1 alert is resolved.").wait_for()

    assert "oncall resolved it. a cable" in page.inner_text(".history >> nth=0")


def test_it_opens_the_alerts_page_from_the_day(visit, alert):
    page = visit("/")
    page.get_by_role("link", name=f"Alert #{alert.pk}").first.click()
    page.wait_for_url(f"**/alerts/{alert.pk}/")

    assert "Тверь" in page.inner_text("h1")
