from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from fleet.api.models import ApiToken, Scope
from fleet.api.tokens import MOST_TOKENS, BadToken, make_token, revoke_token
from fleet.people.models import AuditEvent
from tests.builders import NOW, make_person

pytestmark = pytest.mark.django_db
PAGE = "/me/tokens/"
FORM = {"name": "grafana", "days": "90", "scope": ["read", "metrics"]}


@pytest.fixture
def anna() -> User:
    return make_person("anna")


@pytest.fixture
def visitor(client, anna):
    client.force_login(anna)
    return client


def make(user: User, name: str = "script", now=NOW) -> str:
    return make_token(user, name, now, 30, [Scope.READ])


def test_it_leaves_a_line_in_the_trail_without_the_token(anna):
    token = make(anna)

    event = AuditEvent.objects.get(kind=AuditEvent.Kind.TOKEN_MADE)
    assert (event.username, event.subject, event.detail) == ("anna", "script", "read 30 d")
    assert token not in str(AuditEvent.objects.values_list())


def test_it_refuses_a_name_twice(anna):
    make(anna)

    with pytest.raises(BadToken, match="choose another name"):
        make(anna)


def test_an_expired_token_leaves_its_name(anna):
    make(anna)

    assert make(anna, now=NOW + timedelta(days=31))


def test_it_refuses_too_many(anna):
    for n in range(MOST_TOKENS):
        make(anna, f"script {n}")

    with pytest.raises(BadToken, match="Revoke one first"):
        make(anna)


def test_a_revoked_token_opens_nothing(anna):
    token = make(anna)

    assert revoke_token(anna, ApiToken.objects.get().pk, NOW) == "script"
    assert ApiToken.good(token, NOW) is None
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.TOKEN_REVOKED).count() == 1


def test_nobody_revokes_another_persons(anna):
    make(anna)

    assert revoke_token(make_person("boris"), ApiToken.objects.get().pk, NOW) == ""
    assert ApiToken.objects.exists()


def test_the_page_shows_a_token_once(visitor):
    shown = visitor.post(PAGE, FORM)

    assert "fleet_" in shown.content.decode()
    assert shown["Cache-Control"].startswith("max-age=0")
    assert ApiToken.objects.get().scopes == ["read", "metrics"]
    again = visitor.get(PAGE).content.decode()
    assert "fleet_" not in again
    assert "grafana" in again


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Write a name of 1 to 100 characters"),
        ({"days": "x"}, "from 1 to 3650"),
        ({"days": "9" * 9}, "from 1 to 3650"),
        ({"scope": []}, "Choose what the token opens."),
    ],
)
def test_the_page_says_what_to_mend(visitor, wrong, sentence):
    answer = visitor.post(PAGE, {**FORM, **wrong})

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_the_page_revokes(visitor):
    visitor.post(PAGE, FORM)

    answer = visitor.post(f"{PAGE}{ApiToken.objects.get().pk}/revoke/", follow=True)

    assert "opens nothing any more" in answer.content.decode()
    assert not ApiToken.objects.exists()
