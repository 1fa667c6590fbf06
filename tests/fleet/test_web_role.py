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
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.people.models import AuditEvent
from fleet.review.day import review
from fleet.review.models import Note, SignOff
from fleet.review.signing import shown_token
from regions.collect import collect
from regions.localday import local_day
from regions.models import Region
from tests.builders import TODAY, make_healthy_region, make_person
from tests.builders_exports import make_exporting

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


@pytest.fixture
def exporting(transactional_db):
    """A person who may ask for studies of omsk, made before the rights of the web begin."""
    region = make_healthy_region("omsk")
    make_exporting(region, make_person("engineer", password=PASSWORD))


def test_it_lets_a_person_ask_for_a_study_and_steer_it(exporting, as_web, client):
    client.post("/login/", {"login": "engineer", "password": PASSWORD})
    words = {"reason": "why", "purpose": "model_debugging", "project": "p", "priority": "2"}
    response = client.post("/exports/new/", {"region": "omsk", "study": ["a1"], **words})
    study = ExportedStudy.objects.get()
    client.post(f"/exports/studies/{study.pk}/cancel/")

    assert client.get(response["Location"]).status_code == 200
    kinds = ExportEvent.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["requested", "cancelled"]


@pytest.fixture
def collected(region_database, make_region):
    """A region with a study, collected before the rights of the web begin."""
    database = region_database("perm")
    database.insert_study(now())
    collect(make_region(database), now())


@pytest.mark.integration
def test_it_lets_a_person_list_a_regions_studies(transactional_db, collected, as_web, client):
    client.post("/login/", {"login": "oncall", "password": PASSWORD})
    day = local_day(now(), Region.objects.get(code="perm").zone)

    assert b"1 answer, read live" in client.get(f"/regions/perm/{day}/studies/").content
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.STUDIES_READ).count() == 1


@pytest.mark.parametrize("table", ["review_signoff", "review_signedreason", "review_note"])
@pytest.mark.parametrize("deed", ["DELETE FROM {}", "UPDATE {} SET id = id"])
def test_it_rewrites_nothing_that_people_said(web_connection, table, deed):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_connection.execute(deed.format(table))
