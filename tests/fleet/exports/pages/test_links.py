"""Where a study can be asked for: its region's list, an alert, a sample of a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.clock import now
from fleet.exports.models_sources import ExportRight
from fleet.people.models import AuditEvent
from regions.collect import collect
from regions.localday import local_day
from tests.builders import make_alert, make_person
from tests.builders_exports import make_exporting

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def region(transactional_db, region_database, make_region):
    """Three studies of today with scores of one class."""
    database = region_database("tver")
    for n in range(3):
        database.insert_study(
            now() - timedelta(minutes=n), study_ref=f"ref{n}", scores=[0.1, 0.5 + n / 10]
        )
    region = make_region(database)
    collect(region, now())
    return region


@pytest.fixture
def signed_in(client, region):
    person = make_person()
    make_exporting(region, person)
    client.force_login(person)
    return client


@pytest.fixture
def day(region):
    return local_day(now(), region.zone)


def text(response):
    return response.content.decode()


def test_it_is_one_click_from_the_list(signed_in, day):
    page = text(signed_in.get(f"/regions/tver/{day}/studies/"))

    assert f'href="/exports/new/?region=tver&amp;day={day}&amp;study=ref1"' in page


def test_the_list_says_why_there_is_no_link(signed_in, day):
    ExportRight.objects.all().delete()
    page = text(signed_in.get(f"/regions/tver/{day}/studies/"))

    assert "You have no right to ask for studies" in page
    assert "/exports/new/" not in page


def test_the_studies_behind_an_alert_are_asked_for_together(signed_in, region):
    alert = make_alert(region, "latency_up", now())
    page = text(signed_in.get(f"/alerts/{alert.pk}/studies/"))

    assert f'name="alert" value="{alert.pk}"' in page
    assert page.count('name="study"') == 3


def test_it_draws_the_highest_of_a_class(signed_in, day):
    address = f"/exports/sample/?region=tver&day={day}&class=malignancy&n=2"
    response = signed_in.get(address)

    place = f"/exports/new/?region=tver&day={day}&study=ref2&study=ref1"
    assert response["Location"] == place
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.STUDIES_READ).count() == 1


def test_it_says_of_which_class_there_are_fewer(signed_in, day):
    address = f"/exports/sample/?region=tver&day={day}&class=malignancy&n=9&how=random"
    page = text(signed_in.get(address, follow=True))

    assert "There were fewer studies than wanted of: malignancy." in page
    assert page.count('name="study"') == 3


def test_it_offers_the_classes_of_the_day(signed_in, day):
    page = text(signed_in.get(f"/exports/sample/?region=tver&day={day}"))

    assert 'name="class" value="malignancy"' in page


def test_it_says_that_no_class_was_chosen(signed_in, day):
    address = f"/exports/sample/?region=tver&day={day}"

    assert "Choose at least one class." in text(signed_in.get(f"{address}&n=3&how=highest"))
    assert "Choose at least one class." not in text(signed_in.get(address))


@pytest.mark.parametrize("given", ["never", "", "1999-01-01"])
def test_it_knows_no_such_day(signed_in, given):
    assert signed_in.get(f"/exports/sample/?region=tver&day={given}").status_code == 404
