"""The second step: a code of an authenticator app, or a recovery code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from fleet.people.models import AuditEvent
from tests.builders import make_person
from tests.fleet.people.conftest import PASSWORD
from tests.rig.authenticator import shown_code

pytestmark = pytest.mark.django_db
LogIn = Callable[..., HttpResponse]
SECRET = pyotp.random_base32()


@pytest.fixture
def anna() -> User:
    return make_person("anna", password=PASSWORD)


@pytest.fixture
def enrolled(anna: User, log_in: LogIn) -> HttpResponse:
    """Anna has an app, and has given her password."""
    TOTP.activate(anna, SECRET)
    return log_in()


def send(client: Client, text: str) -> HttpResponse:
    return client.post("/login/second-step/", {"code": text})


def test_it_asks_for_the_code(enrolled: HttpResponse, client: Client) -> None:
    assert enrolled["Location"] == "/login/second-step/"
    assert client.get("/me/")["Location"].startswith("/login/")


def test_it_lets_the_code_in(enrolled: HttpResponse, client: Client) -> None:
    send(client, shown_code(SECRET))

    assert client.get("/me/").status_code == 200


def test_it_lets_no_other_code_in(enrolled: HttpResponse, client: Client) -> None:
    send(client, shown_code(pyotp.random_base32()))

    assert client.get("/me/").status_code == 302
    assert AuditEvent.objects.get().detail == "second step"


def test_it_takes_a_code_once(enrolled: HttpResponse, client: Client, log_in: LogIn) -> None:
    used = shown_code(SECRET)
    send(client, used)
    client.post("/logout/")
    log_in()

    assert send(client, used).status_code == 200


def test_it_takes_a_recovery_code_once(
    anna: User, enrolled: HttpResponse, client: Client, log_in: LogIn
) -> None:
    spare = RecoveryCodes.activate(anna).get_unused_codes()[0]
    assert send(client, spare).status_code == 302
    client.post("/logout/")
    log_in()

    assert send(client, spare).status_code == 200


def test_it_ends_guessing(enrolled: HttpResponse, client: Client) -> None:
    for number in range(10):
        send(client, f"{number:06}")
    send(client, shown_code(SECRET))

    assert client.get("/me/").status_code == 302


def test_it_turns_on(
    anna: User, client: Client, log_in: LogIn, django_capture_on_commit_callbacks: Any
) -> None:
    log_in()
    client.post("/login/again/", {"password": PASSWORD})
    secret = client.get("/me/second-step/on/").context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/me/second-step/on/", {"code": shown_code(secret)})

    assert response["Location"] == "/me/second-step/codes/"
    assert len(client.get("/me/second-step/codes/").context["unused_codes"]) == 10
    assert "added: second step totp" in AuditEvent.objects.values_list("subject", flat=True)


def test_it_keeps_the_secret_sealed(anna: User) -> None:
    TOTP.activate(anna, SECRET)

    kept = Authenticator.objects.get().data["secret"]
    assert kept.startswith("sealed:")
    assert SECRET not in kept


def test_it_turns_on_only_where_secrets_can_be_sealed(
    anna: User, client: Client, log_in: LogIn, settings: LazySettings
) -> None:
    settings.FLEET_CREDENTIAL_KEYS = []
    log_in()

    assert client.get("/me/second-step/on/").status_code == 404
    assert "/me/second-step/" not in client.get("/me/").content.decode()


def test_it_asks_for_the_password_again_before_it_turns_off(anna: User, client: Client) -> None:
    TOTP.activate(anna, SECRET)
    client.force_login(anna)

    assert client.post("/me/second-step/off/")["Location"].startswith("/login/again/")
    assert Authenticator.objects.exists()


def test_it_turns_off(enrolled: HttpResponse, client: Client) -> None:
    send(client, shown_code(SECRET))
    client.post("/login/again/", {"password": PASSWORD})
    client.post("/me/second-step/off/")

    assert not Authenticator.objects.exists()
