"""The web process's role can do all that pages and the API do, and no more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from fleet.api.models import ApiToken
from fleet.clock import now
from fleet.review.day import review
from fleet.review.models import Note, SignOff
from fleet.review.signing import shown_token
from regions.models import Region
from tests.builders import TODAY, make_healthy_region, make_person

PASSWORD = "a password for the tests"


@pytest.fixture
def as_web(transactional_db: None) -> Iterator[str]:
    """Rows made by the collecting role; then the test goes on as fleet_web. Returns a token."""
    make_healthy_region()
    person = make_person(password=PASSWORD)
    token = ApiToken.create(person, "test", now(), timedelta(days=1))
    web = urlsplit(os.environ["FLEET_TEST_WEB_DATABASE_URL"])
    usual = connection.settings_dict.copy()
    connection.close()
    connection.close_pool()
    connection.settings_dict.update(USER=web.username, PASSWORD=web.password)
    yield token
    connection.close()
    connection.close_pool()
    connection.settings_dict.update(USER=usual["USER"], PASSWORD=usual["PASSWORD"])


def test_it_lets_a_person_log_in_and_read(as_web, client):
    client.post("/login/", {"login": "oncall", "password": PASSWORD})

    assert client.get(f"/day/{now().date()}/").status_code == 200


@pytest.mark.parametrize("path", ["regions/", "regions/tver/hourly/", "review/2026-03-10/"])
def test_it_lets_a_bearer_read(as_web, client, path):
    response = client.get(f"/api/v1/{path}", headers={"authorization": f"Bearer {as_web}"})

    assert response.status_code == 200


def test_it_lets_a_person_note_sign_and_undo(as_web, client):
    client.post("/login/", {"login": "oncall", "password": PASSWORD})
    (row,) = review(TODAY, now(), Region.objects.all()).rows
    client.post(f"/regions/tver/{TODAY}/note/", {"text": "A", "shown": shown_token(row)})
    client.post(f"/regions/tver/{TODAY}/unsign/")

    assert Note.objects.count() == 1
    assert SignOff.objects.get().undone_at is not None


@pytest.mark.parametrize("table", ["review_signoff", "review_signedreason", "review_note"])
@pytest.mark.parametrize("deed", ["DELETE FROM {}", "UPDATE {} SET id = id"])
def test_it_rewrites_nothing_that_people_said(web_connection, table, deed):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_connection.execute(deed.format(table))
