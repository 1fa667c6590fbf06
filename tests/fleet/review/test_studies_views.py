"""The list of studies as a person gets it, from a real region."""

from __future__ import annotations

from datetime import date, timedelta
from html.parser import HTMLParser

import psycopg
import pytest
from django.conf import settings as django_settings

from fleet.clock import now
from fleet.people.models import AuditEvent
from fleet.review.studies_asked import Asked
from regions import studies
from regions.answers import Order
from regions.collect import collect
from regions.localday import day_bounds, local_day
from regions.models import FailureKind, RegionStatus, TunnelState
from regions.models.region import Level
from tests import builders

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
HOSTILE = "<script>alert(1)</script>'\"; DROP TABLE study;--\u202e\u0001"
HOUR = timedelta(hours=1)


class Classes(HTMLParser):
    """Collects what the page's scripts and styles are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if (tag == "script" and "src" not in given) or tag == "style" or "style" in given:
            self.inline.append(self.get_starttag_text() or tag)


@pytest.fixture
def reader(client):
    client.force_login(builders.make_person())
    return client


@pytest.fixture
def database(region_database):
    return region_database("tver")


@pytest.fixture
def region(database, make_region):
    """Tver, collected a moment ago, without studies."""
    region = make_region(database)
    assert collect(region, now()).sentence == ""
    return region


@pytest.fixture
def yesterday(region) -> date:
    return local_day(now(), region.zone) - timedelta(days=1)


@pytest.fixture
def noon(region, yesterday):
    return day_bounds(yesterday, region.zone)[0] + 12 * HOUR


def page(client, day: date, query: str = "") -> str:
    response = client.get(f"/regions/tver/{day}/studies/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_it_lists_a_days_answers_by_the_regions_clock(reader, database, noon, yesterday):
    database.insert_study(noon, scores=[0.81])

    html = page(reader, yesterday)

    assert "12:00:00" in html
    assert f"{noon:%Y-%m-%d %H:%M:%S} UTC" in html
    assert "<bdi>study-1</bdi>" in html
    assert "malignancy" in html
    assert "1 answer, read live from the region at" in html


def test_it_leads_to_the_next_page_and_back_to_the_top(
    reader, database, noon, yesterday, monkeypatch
):
    monkeypatch.setattr(studies, "PAGE_SIZE", 2)
    for n in range(3):
        database.insert_study(noon - n * HOUR, study_ref=f"ref-{n}")
    first = reader.get(f"/regions/tver/{yesterday}/studies/")

    second = page(reader, yesterday, first.context["page"].following)

    assert ("ref-1" in second, "ref-2" in second) == (False, True)
    assert "From the top" in second
    assert "Next page" not in second


def test_it_keeps_the_filter_in_every_link(reader, database, noon, yesterday):
    database.insert_study(noon, scores=[0.9])

    html = page(reader, yesterday, "?order=score&class=malignancy&model=mammo-cls")

    assert "?order=failed&amp;class=malignancy&amp;model=mammo-cls" in html
    assert '<option value="malignancy" selected>' in html
    assert "study-1" in html


def test_it_offers_the_classes_that_scored(reader, database, region, noon, yesterday):
    database.insert_study(noon, scores=[0.9])
    collect(region, now(), is_sweep=True)

    response = reader.get(f"/regions/tver/{yesterday}/studies/")

    assert (response.context["classes"], response.context["models"]) == (
        *(["malignancy"], ["mammo-cls"]),
    )


def test_it_says_when_nothing_is_there(reader, yesterday):
    assert "The region has no studies on this day." in page(reader, yesterday)
    assert "No answer failed on this day." in page(reader, yesterday, "?order=failed")


@pytest.mark.parametrize("query", ["?order=worst", "?after=1_2", "?order=score&after=x_1_1"])
def test_it_answers_an_odd_address_with_what_it_understood(reader, yesterday, query):
    assert "Part of the address was not understood" in page(reader, yesterday, query)


def test_it_bears_any_parameter(reader, database, noon, yesterday):
    database.insert_study(noon)

    html = page(reader, yesterday, "?class=%00%27%3B--%3Cb%3E&model=%D0%A9")

    assert "No answer of this day was scored with this class and model." in html
    assert "&#x27;;--&lt;b&gt;" in html


def test_it_shows_a_hostile_region_as_text(reader, database, noon, yesterday):
    attempt = {"pipeline_code": HOSTILE, "error_class": HOSTILE, "device_ref": HOSTILE}
    database.insert_study(noon, study_ref=HOSTILE, modality="<b>", status=HOSTILE, attempt=attempt)

    html = page(reader, yesterday)

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert Classes(html).inline == []


def test_it_leaves_a_trace_without_studies(reader, database, noon, yesterday):
    database.insert_study(noon, scores=[0.9])
    page(reader, yesterday, "?order=slowest&class=malignancy")

    event = AuditEvent.objects.get(kind=AuditEvent.Kind.STUDIES_READ)

    assert (event.username, event.region_code, event.subject, event.detail) == (
        *("oncall", "tver", f"{yesterday}", "order=slowest, class=malignancy: 1"),
    )


def test_it_hides_the_regions_of_others(client, region, yesterday):
    client.force_login(builders.make_person("stranger", regions=[]))

    assert client.get(f"/regions/tver/{yesterday}/studies/").status_code == 404
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.STUDIES_READ).count() == 0


def test_it_refuses_a_wrong_date_with_a_sentence(reader, region):
    assert reader.get("/regions/tver/tomorrow/studies/").status_code == 404


def test_it_says_since_when_the_path_is_closed(reader, region, yesterday):
    region.paths.update(database_port=1)
    collect(region, now())
    RegionStatus.objects.update(failing_since=now() - 3 * HOUR)
    with psycopg.connect(django_settings.FLEET_ADMIN_DATABASE_URL) as admin:
        admin.execute("ALTER SERVER region_tver OPTIONS (SET port '1')")

    html = page(reader, yesterday)

    assert "The path to the region is closed." in html
    assert "The path has been closed since" in html
    assert "The database refuses connections. Is it running?" in html
    assert "What was collected of this day" in html


def test_it_names_the_path_of_a_region_that_was_never_reached(reader, db):
    region = builders.make_region()
    sentence = "SSH: nobody answers."
    state = TunnelState.State.CLOSED
    builders.make_tunnel(builders.make_path(region), state, seen_at=now(), sentence=sentence)

    html = page(reader, builders.TODAY)

    assert "The path to the region is closed." in html
    assert sentence in html


def test_it_says_how_to_set_it_up(reader, yesterday, settings):
    settings.FLEET_STUDIES_DATABASE_URL = ""

    assert "FLEET_STUDIES_DATABASE_URL" in page(reader, yesterday)


def test_it_sends_for_a_region_that_is_carried_by_hand(reader, db):
    builders.make_region(level=Level.OFFLINE)

    html = page(reader, builders.TODAY)

    assert "Ask the region&#x27;s engineer for the list of this day&#x27;s studies." in html


def test_it_says_that_nothing_leads_there(reader, db):
    builders.make_region()

    assert "No access path is enabled" in page(reader, builders.TODAY)


def test_it_shows_its_words_when_a_contract_is_broken(reader, region, yesterday, database):
    database.execute("ALTER VIEW fleet_contract.study RENAME COLUMN modality TO kind")
    RegionStatus.objects.update(failure=FailureKind.CONTRACT)

    assert "Not provided by this region" in page(reader, yesterday)


def test_it_writes_addresses_that_it_reads():
    asked = Asked.of({"order": "score", "class": "a&b=c", "model": "м", "after": "0.5_1_2"})

    assert asked.address == "?order=score&class=a%26b%3Dc&model=%D0%BC&after=0.5_1_2"
    assert asked.in_order(Order.LATEST).address == "?order=latest&class=a%26b%3Dc&model=%D0%BC"
