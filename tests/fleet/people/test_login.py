"""Signing in with a password: who gets in, who is locked out, and what is written down."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from fleet.demo.valkey import Valkey
from fleet.people.models import AuditEvent
from tests.builders import make_person
from tests.fleet.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LogIn = Callable[..., HttpResponse]
WRONG = "The username or the password is wrong."
LOCKED = "this name is locked for five minutes"


@pytest.fixture(autouse=True)
def anna() -> None:
    make_person("anna", password=PASSWORD)
    make_person("boris", password=PASSWORD)


def trail() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", "username"))


def test_it_lets_the_right_password_in(log_in: LogIn) -> None:
    assert log_in()["Location"] == "/"


def test_it_goes_on_where_the_person_was_going(client: Client) -> None:
    form = {"login": "anna", "password": PASSWORD, "next": "/day/2026-03-10/"}

    assert client.post("/login/", form)["Location"] == "/day/2026-03-10/"


def test_it_leads_to_no_other_site(client: Client) -> None:
    form = {"login": "anna", "password": PASSWORD, "next": "https://elsewhere.example/"}

    assert client.post("/login/", form)["Location"] == "/"


def test_it_says_that_the_password_is_wrong(log_in: LogIn) -> None:
    assert WRONG in log_in(password="wrong").content.decode()


def test_it_locks_a_name_after_five_failures(log_in: LogIn) -> None:
    for _attempt in range(5):
        log_in(password="wrong")

    assert LOCKED in log_in().content.decode()


def test_it_locks_no_other_name(log_in: LogIn) -> None:
    for _attempt in range(5):
        log_in(password="wrong")

    assert log_in("boris").status_code == 302


def test_it_locks_an_address_that_tries_many_names(log_in: LogIn) -> None:
    for number in range(20):
        log_in(f"name{number}", "wrong")

    assert LOCKED in log_in().content.decode()


def test_it_frees_a_name_after_the_time(log_in: LogIn, settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "1/1s/key"}
    log_in(password="wrong")
    assert log_in().status_code == 200
    time.sleep(1.1)

    assert log_in().status_code == 302


def test_it_counts_for_all_web_processes_together(
    log_in: LogIn, settings: LazySettings, valkey: Valkey
) -> None:
    settings.CACHES = redis_at(settings.FLEET_REDIS_URL)
    for _attempt in range(5):
        log_in(password="wrong")
    # Another process would open its own connection.
    settings.CACHES = redis_at(settings.FLEET_REDIS_URL)

    assert LOCKED in log_in().content.decode()


def test_it_lets_nobody_guess_while_nothing_counts(log_in: LogIn, settings: LazySettings) -> None:
    settings.CACHES = redis_at("redis://127.0.0.1:1/0")
    response = log_in()

    assert response.status_code == 503
    assert "Redis does not answer" in response.content.decode()


def redis_at(url: str) -> dict[str, dict[str, str]]:
    return {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}


def test_it_writes_down_who_came_and_went(client: Client, log_in: LogIn) -> None:
    log_in()
    client.post("/logout/")

    assert trail() == [("signed_in", "anna"), ("signed_out", "anna")]


def test_it_writes_down_who_failed(log_in: LogIn) -> None:
    log_in(password="wrong")

    assert trail() == [("sign_in_failed", "anna")]


@pytest.mark.parametrize(("n_proxies", "address"), [(0, "127.0.0.1"), (1, "10.7.7.7")])
def test_it_writes_down_from_where(
    client: Client, settings: LazySettings, n_proxies: int, address: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = n_proxies
    form = {"login": "anna", "password": PASSWORD}
    client.post("/login/", form, headers={"x-forwarded-for": "6.6.6.6, 10.7.7.7"})

    assert AuditEvent.objects.get().detail == f"from {address}"


def test_it_keeps_no_password_typed_in_the_place_of_a_name(log_in: LogIn) -> None:
    log_in("hunter2-is-my-password", "wrong")

    assert trail() == [("sign_in_failed", "")]


@pytest.mark.parametrize("path", ["signup", "password/reset", "email", "login/code", "3rdparty"])
@pytest.mark.parametrize("prefix", ["/", "/accounts/", "/login/", "/me/"])
def test_it_offers_no_way_in_that_is_not_meant(client: Client, prefix: str, path: str) -> None:
    assert client.get(f"{prefix}{path}/").status_code == 404


def test_it_logs_nobody_out_for_following_a_link(client: Client, log_in: LogIn) -> None:
    log_in()
    client.get("/logout/")

    assert client.get("/me/").status_code == 200


def test_it_changes_the_password(client: Client, log_in: LogIn) -> None:
    log_in()
    new = "another password for the tests"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}

    assert client.post("/me/password/", form)["Location"] == "/me/"
    assert trail()[-1] == ("configured", "anna")
