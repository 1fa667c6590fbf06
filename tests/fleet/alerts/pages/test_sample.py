"""Which studies: read live from a real region, or a sentence that says why not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.clock import now
from fleet.people.models import AuditEvent
from regions.collect import collect
from regions.localday import day_bounds, local_day
from tests import builders

HOUR = timedelta(hours=1)


@pytest.fixture
def reader(client):
    client.force_login(builders.make_person())
    return client


@pytest.mark.integration
@pytest.mark.django_db(transaction=True)
def test_it_shows_those_that_failed_with_their_references(reader, region_database, make_region):
    database = region_database("tver")
    tver = make_region(database)
    assert collect(tver, now()).sentence == ""
    day = local_day(now(), tver.zone) - timedelta(days=1)
    noon = day_bounds(day, tver.zone)[0] + 12 * HOUR
    failed = database.insert_study(noon, status="failed")
    done = database.insert_study(noon)
    alert = builders.make_alert(tver, at=noon)

    html = reader.get(f"/alerts/{alert.pk}/studies/").content.decode()

    assert f'href="/regions/tver/{day}/studies/?order=failed"' in html
    assert [f"<bdi>{one}</bdi>" in html for one in (failed, done)] == [True, False]
    assert AuditEvent.objects.filter(kind="studies_read", region_code="tver").count() == 1


@pytest.mark.integration
@pytest.mark.django_db(transaction=True)
def test_it_says_how_many_of_those_that_were_read_it_shows(reader, region_database, make_region):
    database = region_database("tver")
    tver = make_region(database)
    collect(tver, now())
    at = now() - HOUR
    for _n in range(11):
        database.insert_study(at, status="failed")

    html = reader.get(f"/alerts/{builders.make_alert(tver, at=at).pk}/studies/").content.decode()
    assert "11 answers, read live" in html
    assert "10 that the alert is about are below." in html


@pytest.mark.django_db
def test_it_says_why_nobody_can_ask(reader):
    alert = builders.make_alert(builders.make_region(), at=now())

    html = reader.get(f"/alerts/{alert.pk}/studies/").content.decode()

    assert "No access path is enabled, so nobody can ask this region." in html


@pytest.mark.django_db
def test_it_is_offered_only_where_studies_are_judged(reader):
    tver = builders.make_region()
    pages = [
        reader.get(f"/alerts/{builders.make_alert(tver, kind, at=now()).pk}/").content.decode()
        for kind in ("errors_up", "clock_skew")
    ]

    assert ["Which studies" in page for page in pages] == [True, False]
