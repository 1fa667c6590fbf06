"""Alerts beside a region's day: shown, counted as reasons, stored with the sign-off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.alerts.lifecycle import acknowledge
from fleet.people.models import Role
from fleet.review.day import review
from fleet.review.models import SignedAlert
from fleet.review.rules.alerts import _FAMILIES
from fleet.review.signing import Refused, shown_token, sign
from regions.models import DailyRollup, Region
from tests.builders import (
    NOW,
    TODAY,
    make_alert,
    make_daily,
    make_healthy_region,
    make_person,
    make_silence,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
YESTERDAY = TODAY - DAY


def row(day=TODAY, now=NOW):
    (found,) = review(day, now, Region.objects.all()).rows
    return found


def test_it_shows_an_alert_that_no_rule_of_the_page_speaks_of():
    make_alert(make_healthy_region(), "outputs_identical")

    (why,) = row().reasons

    assert (row().mark, why.code) == ("failing", "alert_outputs")
    assert why.sentence == "31 % of the answers are the same, limit 20 %."


def test_it_says_once_what_a_rule_says_too():
    tver = make_healthy_region(n_received=0)
    DailyRollup.objects.filter(day=TODAY).update(n_received=138, n_done=0, n_failed=138, n_scored=0)
    make_alert(tver)

    assert [why.code for why in row().reasons] == ["no_answers"]
    assert len(row().alerts) == 1


def test_it_leaves_out_what_a_lost_link_explains():
    tver = make_healthy_region()
    make_alert(tver)
    make_alert(tver, "link_lost")

    assert [alert.kind for alert in row().alerts] == ["link_lost"]


def test_it_leaves_out_what_opened_long_after_the_day():
    make_alert(make_healthy_region(), at=NOW)

    assert row(TODAY - 20 * DAY).alerts == ()


def test_it_knows_a_silenced_alert():
    tver = make_healthy_region()
    make_alert(tver)
    make_silence(tver)

    assert row().alerts[0].is_silenced


@pytest.fixture
def failing():
    """Yesterday in Tver, over and with a failing alert."""
    tver = make_healthy_region()
    make_daily(tver, YESTERDAY)
    return make_alert(tver, "outputs_identical", NOW - DAY)


def test_it_is_not_signed_while_nobody_has_a_failing_alert(failing):
    found = row(YESTERDAY)

    with pytest.raises(Refused, match="Take its alert first, or write a note that explains: 31 %"):
        sign(make_person(), found, YESTERDAY, shown_token(found), NOW)


def test_it_is_signed_once_somebody_has_it(failing):
    anna = make_person()
    acknowledge(failing.pk, anna, NOW)
    found = row(YESTERDAY)

    signed = sign(anna, found, YESTERDAY, shown_token(found), NOW)

    kept = SignedAlert.objects.get(sign_off=signed)
    assert (kept.alert, kept.kind, kept.is_taken) == (failing, "outputs_identical", True)


def test_it_is_not_signed_with_an_alert_that_was_not_shown(failing):
    anna = make_person()
    acknowledge(failing.pk, anna, NOW)
    shown = shown_token(row(YESTERDAY))
    make_alert(failing.region, "unlike_peers")

    with pytest.raises(Refused, match="changed since you opened it"):
        sign(anna, row(YESTERDAY), YESTERDAY, shown, NOW)


def test_it_links_to_the_alert_and_names_who_has_it(client):
    from fleet.clock import now

    tver = make_healthy_region()
    alert = make_alert(tver, at=now())
    reader = make_person("reader", Role.VIEWER)
    acknowledge(alert.pk, make_person("anna"), now())
    client.force_login(reader)

    for address in (f"/day/{now().date()}/", f"/regions/tver/{now().date()}/"):
        page = client.get(address).content.decode()
        assert f'<a href="/alerts/{alert.pk}/">Alert #{alert.pk}</a> ' in page
        assert "anna has it" in page


def test_it_knows_the_family_of_every_failing_rule():
    assert {"no_answers", "many_failed", "no_path", "contract", "auth"} <= _FAMILIES.keys()
