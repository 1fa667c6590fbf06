from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http.cookies import Morsel

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from fleet.clock import now
from tests.builders import make_person
from tests.fleet.people.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(client: Client) -> Client:
    client.force_login(make_person("anna"))
    return client


@pytest.fixture
def cookie(log_in: Callable[..., HttpResponse], settings: LazySettings) -> Morsel[str]:
    """The cookie of a session that has just begun."""
    make_person("anna", password=PASSWORD)
    return log_in().cookies[settings.SESSION_COOKIE_NAME]


def shift(client: Client, **moments: datetime) -> None:
    """Let the session have begun, and been seen, at other moments."""
    session = client.session
    session.update({name: moment.timestamp() for name, moment in moments.items()})
    session.save()


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def test_it_ends_after_a_week_of_use(anna: Client) -> None:
    shift(anna, began=now() - timedelta(days=7, minutes=1), seen=now())

    assert not is_in(anna)


def test_it_goes_on_for_a_week_of_use(anna: Client) -> None:
    shift(anna, began=now() - timedelta(days=6, hours=23), seen=now())

    assert is_in(anna)


def test_it_moves_its_end_on_while_it_is_used(anna: Client) -> None:
    shift(anna, seen=now() - timedelta(minutes=11))
    anna.get("/me/")

    assert now().timestamp() - anna.session["seen"] < 60


def test_it_writes_nothing_at_each_request(anna: Client) -> None:
    seen = anna.session["seen"]
    anna.get("/me/")

    assert anna.session["seen"] == seen


def test_it_ends_after_hours_without_use(cookie: Morsel[str]) -> None:
    assert cookie["max-age"] == 12 * 3600


def test_its_cookie_stays_with_the_browser(cookie: Morsel[str]) -> None:
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_it_ends_with_the_account(anna: Client) -> None:
    user = make_person("boris")
    anna.force_login(user)
    user.is_active = False
    user.save()

    assert not is_in(anna)
