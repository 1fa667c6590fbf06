"""Alerts are acted on by programs as by their buttons: within the rights of the token's owner."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from fleet.alerts.models import Alert, NewNormal, Silence
from fleet.api.models import ApiToken, Scope
from fleet.people.models import Person, Role
from tests.builders import NOW, make_alert, make_region
from tests.fleet.api.test_openapi import described, faults

pytestmark = pytest.mark.django_db
__all__ = ["described"]
PATH = "/api/v1/alerts/{alert_id}/{deed}/"
REASON = {"reason": "A new tube"}


@pytest.fixture
def alert(token):
    ApiToken.objects.update(scopes=[Scope.ALERTS])
    return make_alert(make_region(), "class_collapse")


@pytest.fixture
def act(client, token):
    """Return a function: (alert's id, deed, body) -> the response to grafana, who is on call."""

    def send(alert_id, deed, body=None):
        return client.post(
            f"/api/v1/alerts/{alert_id}/{deed}/",
            body,
            content_type="application/json",
            headers={"authorization": f"Bearer {token}"},
        )

    return send


@pytest.mark.parametrize(
    ("deed", "body", "state"),
    [
        ("take", {}, "acknowledged"),
        ("silence", {**REASON, "until": "2099-01-01T00:00:00Z"}, None),
        ("silence", REASON, "open"),
        ("resolve", {**REASON, "is_false_alarm": True}, "resolved"),
        ("new-normal", REASON, "resolved"),
        ("resolve", {}, None),
        ("give-back", {}, None),
    ],
)
def test_it_does_it_as_described_or_says_why_not(alert, act, described, deed, body, state):
    response = act(alert.pk, deed, body)

    assert faults(described, PATH, response, "post") == []
    assert response.status_code == (200 if state else 409)
    alert.refresh_from_db()
    assert alert.state == (state or "open")


def test_it_writes_down_who_did_it(alert, act):
    assert act(alert.pk, "take").json()["held_by"] == "grafana"
    act(alert.pk, "give-back")
    act(alert.pk, "silence", REASON)
    act(alert.pk, "resolve", {**REASON, "is_false_alarm": True})

    events = alert.events.exclude(author=None).values_list("kind", "author__username")
    assert [*events] == [(one, "grafana") for one in ("acknowledged", "given_back", "resolved")]
    assert alert.events.get(kind="resolved").is_false_alarm
    assert (Silence.objects.get().author.username, NewNormal.objects.count()) == ("grafana", 0)


def test_it_keeps_the_zone_of_a_silences_end(alert, act):
    act(alert.pk, "silence", {**REASON, "until": "2026-03-10T22:00:00+09:00"})
    assert Silence.objects.count() == 0

    until = f"{Alert.objects.get().opened_at.replace(year=2099):%Y-%m-%dT%H:%M}+09:00"
    assert "days at most" in act(alert.pk, "silence", {**REASON, "until": until}).json()["detail"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda: ApiToken.objects.update(scopes=[Scope.READ, Scope.EXPORT]), 403),
        (lambda: Person.objects.update(role=Role.VIEWER), 403),
        (lambda: Person.objects.update(sees_all_regions=False), 404),
        (lambda: User.objects.update(is_active=False), 401),
    ],
)
def test_it_refuses_by_rights(alert, act, described, change, status):
    change()

    response = act(alert.pk, "take")

    assert response.status_code == status
    assert faults(described, PATH, response, "post") == []
    alert.refresh_from_db()
    assert alert.state == "open"


def test_it_lets_only_who_sees_all_act_on_the_fleet(act, token):
    ApiToken.objects.update(scopes=[Scope.ALERTS])
    fleet = Alert.objects.create(kind="link_lost", family="link", opened_at=NOW)
    tver = make_region()
    Alert.objects.create(kind="link_lost", family="link", region=tver, opened_at=NOW, under=fleet)
    person = Person.objects.get()
    person.regions.set([tver])
    Person.objects.update(sees_all_regions=False)

    assert act(fleet.pk, "take").status_code == 403


@pytest.mark.parametrize("path", ["0/take", "99999999999999999999/take", "1/burn", "1/take%00"])
def test_it_knows_no_other_alert_and_no_other_deed(act, token, path):
    ApiToken.objects.update(scopes=[Scope.ALERTS])

    assert act(*path.split("/")).status_code == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"reason": 1}'])
def test_it_refuses_a_body_that_is_wrong(alert, act, body):
    assert act(alert.pk, "resolve", body).status_code == 400


def test_it_gives_one_alert(alert, get, described):
    ApiToken.objects.update(scopes=[Scope.READ])

    response = get(f"alerts/{alert.pk}/")

    assert faults(described, "/api/v1/alerts/{alert_id}/", response) == []
    assert response.json()["id"] == alert.pk
    assert get("alerts/999/").status_code == 404
