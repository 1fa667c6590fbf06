"""Signing in through the organisation's own provider, against a real one on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from fleet.people.models import AuditEvent
from tests.builders import make_person
from tests.rig.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider

pytestmark = pytest.mark.django_db
SITE = "http://testserver"


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[OidcProvider]:
    """A running provider that Fleet is told of."""
    running = OidcProvider()
    running.start()
    app = {
        "provider_id": "oidc",
        "name": "Clinic account",
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "settings": {"server_url": running.issuer},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    yield running
    running.stop()


@pytest.fixture
def come(client: Client, provider: OidcProvider) -> Callable[..., HttpResponse]:
    """Return a function that goes to the provider and back, as a browser does."""

    def go(query: str = "") -> HttpResponse:
        leave = client.get(f"/login/oidc/{query}")
        there = requests.get(leave["Location"], allow_redirects=False, timeout=5)
        back = there.headers["Location"]
        assert back.startswith(f"{SITE}/login/oidc/callback/")
        return client.get(back.removeprefix(SITE))

    return go


Come = Callable[..., HttpResponse]


def test_it_offers_the_way(client: Client, provider: OidcProvider) -> None:
    page = client.get("/login/?next=/me/").content.decode()

    assert '<a href="/login/oidc/?next=%2Fme%2F">Log in with Clinic account</a>' in page


def test_it_lets_a_new_person_in_without_a_role(come: Come, client: Client) -> None:
    come()

    assert User.objects.get().username == "vera"
    assert client.get("/day/2026-03-10/").status_code == 403


def test_it_tells_a_new_person_whom_to_ask(
    come: Come, client: Client, settings: LazySettings
) -> None:
    settings.FLEET_CONTACT = "the duty desk, 4-17"
    come()

    page = client.get("/day/2026-03-10/").content.decode()
    assert "Your account has no role yet" in page
    assert "Ask the duty desk, 4-17 to change that." in page


def test_it_knows_a_person_again(come: Come, client: Client) -> None:
    come()
    client.post("/logout/")
    come()

    assert User.objects.count() == 1
    assert list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True)) == [
        *("signed_in", "signed_out", "signed_in"),
    ]


def test_it_goes_on_where_the_person_was_going(come: Come) -> None:
    assert come("?next=/me/")["Location"] == "/me/"


def test_it_takes_over_no_account_of_the_same_name(come: Come) -> None:
    make_person("vera")
    come()

    assert User.objects.count() == 2


def test_it_joins_no_accounts(come: Come, client: Client) -> None:
    come("?process=connect")

    assert User.objects.get().username == "vera"


def test_it_trusts_no_signature_of_others(come: Come, provider: OidcProvider) -> None:
    provider.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert come().status_code == 401
    assert not User.objects.exists()


def test_it_takes_no_token_that_is_meant_for_others(come: Come, provider: OidcProvider) -> None:
    provider.audience = "another-client"
    come()

    assert not User.objects.exists()
    assert AuditEvent.objects.get().kind == "sign_in_failed"


def test_it_takes_no_answer_that_it_did_not_ask_for(client: Client, provider: OidcProvider) -> None:
    client.get("/login/oidc/callback/?code=stolen&state=guessed")

    assert not User.objects.exists()


def test_it_says_that_the_provider_is_silent(client: Client, provider: OidcProvider) -> None:
    provider.stop()
    response = client.get("/login/oidc/")

    assert response.status_code == 503
    assert "does not answer" in response.content.decode()


def test_it_is_not_there_without_a_provider(client: Client) -> None:
    assert client.get("/login/oidc/").status_code == 404
    assert "oidc" not in client.get("/login/").content.decode()
