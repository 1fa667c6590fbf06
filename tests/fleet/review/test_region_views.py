"""The region's page as a person gets it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.html import escape

from fleet.clock import now
from regions.localday import local_day
from regions.models import FailureKind, HourlyRollup, RegionStatus, TunnelState
from tests.builders import make_path, make_person, make_region, make_tunnel
from tests.rig.region_rows import collect_every, fill_days

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>'\"; DROP TABLE study;--\u202e"
ONE_DAY = timedelta(days=1)


@pytest.fixture
def reader(client):
    client.force_login(make_person())
    return client


@pytest.fixture
def region():
    """Tver with five weeks, collected a moment ago."""
    moment = now()
    region = make_region("tver", name="Tver")
    make_tunnel(make_path(region), since=moment - ONE_DAY, seen_at=moment)
    fill_days(region, local_day(moment, region.zone), moment)
    return region


@pytest.fixture
def yesterday(region) -> date:
    return local_day(now(), region.zone) - ONE_DAY


def test_it_redirects_to_the_regions_own_day(reader, region):
    today = local_day(now(), region.zone).isoformat()

    assert reader.get("/regions/tver/").url == f"/regions/tver/{today}/"


def test_it_hides_the_regions_of_others(client, region, yesterday):
    client.force_login(make_person("stranger", regions=[]))

    assert client.get(f"/regions/tver/{yesterday}/").status_code == 404
    assert client.get("/regions/tver/").status_code == 404


def test_it_asks_who_is_there(client, region, yesterday):
    assert client.get(f"/regions/tver/{yesterday}/").url.startswith("/login/?next=/regions/tver/")


def test_it_refuses_a_wrong_date_with_a_sentence(reader, region):
    response = reader.get("/regions/tver/tomorrow/")

    assert response.status_code == 404
    assert "Write it as 2026-03-10." in response.content.decode()


def test_it_says_the_same_as_the_days_page(reader, region, yesterday):
    RegionStatus.objects.update(failure=FailureKind.CONTRACT, sentence="Column gone.")
    sentence = "The region&#x27;s contract is broken."

    assert sentence in reader.get(f"/day/{yesterday}/").content.decode()
    assert sentence in reader.get(f"/regions/tver/{yesterday}/").content.decode()


def test_it_names_the_command_when_something_fails(reader, region, yesterday):
    RegionStatus.objects.update(failure=FailureKind.AUTH, sentence="Wrong password.")

    page = reader.get(f"/regions/tver/{yesterday}/").content.decode()

    assert "python manage.py check_region tver" in page


def test_it_names_no_command_when_nothing_fails(reader, region, yesterday):
    assert "check_region" not in reader.get(f"/regions/tver/{yesterday}/").content.decode()


def test_it_links_back_to_the_regions_row(reader, region, yesterday):
    page = reader.get(f"/regions/tver/{yesterday}/").content.decode()

    assert f'href="/day/{yesterday}/#tver"' in page
    assert f'href="/regions/tver/{yesterday - ONE_DAY}/"' in page


def test_it_shows_hostile_text_as_text(reader, region, yesterday):
    for model in (HourlyRollup,):
        assert model.objects.exists()
    plant_hostile(region)

    page = reader.get(f"/regions/tver/{yesterday}/").content.decode()

    assert "<script>alert" not in page
    assert page.count(escape(HOSTILE)) > 10


def plant_hostile(region) -> None:
    """Every text that comes from a region or the collector is hostile."""
    from regions.models import (
        Collection,
        DailyCategory,
        DailyInput,
        DailyScore,
        HourlyCause,
        HourlyFlow,
        HourlyOutput,
    )

    collect_every(region, now() - 2 * ONE_DAY, now(), timedelta(hours=1), failing=range(9))
    Collection.objects.update(sentence=HOSTILE)
    TunnelState.objects.update(state="closed", sentence=HOSTILE)
    RegionStatus.objects.update(failure=FailureKind.CONTRACT, sentence=HOSTILE)
    HourlyCause.objects.filter(reason="oom").update(reason=HOSTILE, detail=HOSTILE)
    HourlyFlow.objects.update(pipeline_code=HOSTILE)
    HourlyOutput.objects.update(model_code=HOSTILE)
    DailyScore.objects.update(model_code=HOSTILE)
    DailyCategory.objects.filter(category="MG").update(category=HOSTILE)
    DailyInput.objects.filter(device_model="Acme Mammo 3").update(device_model=HOSTILE)
    type(region).objects.update(name=HOSTILE)


@pytest.mark.parametrize("n_others", [0, 20])
def test_it_asks_the_same_number_of_questions(
    reader, region, yesterday, n_others, django_assert_num_queries
):
    for n in range(n_others):
        make_tunnel(make_path(make_region(f"r{n}")))

    with django_assert_num_queries(26):
        reader.get(f"/regions/tver/{yesterday}/")
