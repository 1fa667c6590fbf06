from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from fleet.api.models import ApiToken
from fleet.clock import now
from tests.builders import make_person


@pytest.fixture
def token(db: None) -> str:
    """A good token of an active user."""
    person = make_person("grafana")
    return ApiToken.create(person, "dashboard", now(), timedelta(days=1))


@pytest.fixture
def get(client: Client, token: str) -> Callable[..., HttpResponse]:
    """Return a function: (path below /api/v1/, **query) -> the response to a good token."""

    def ask(path: str, **query: Any) -> HttpResponse:
        return client.get(f"/api/v1/{path}", query, headers={"authorization": f"Bearer {token}"})

    return ask
