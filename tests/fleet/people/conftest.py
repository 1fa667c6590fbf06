from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

PASSWORD = "a password for the tests"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> None:
    cache.clear()


@pytest.fixture
def log_in(client: Client) -> Callable[..., HttpResponse]:
    """Return a function: (username, password) -> the answer of the login page."""

    def send(username: str = "anna", password: str = PASSWORD) -> HttpResponse:
        return client.post("/login/", {"login": username, "password": password})

    return send
