"""The region's page over the whole chain: native rows, contract, collection, rollups, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from fleet import clock
from fleet.demo.sham import Shape
from fleet.review.day import review
from fleet.review.region_page import RegionPage, region_page
from regions.collect import collect
from regions.localday import local_day
from regions.models import Collection, DailyRollup, DailyScore, Region
from regions.sessions import close_idle_sessions
from tests.builders import make_person
from tests.rig.filled import Filled
from tests.rig.region_database import admit_reader
from tests.rig.regions import create_region, forget_region

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def region(make_filled: Callable[..., Filled]) -> Iterator[Region]:
    """A region of the journal's shape with a week of studies, collected once."""
    filled = make_filled(Shape.JOURNAL, days=7, studies_per_day=200, failure_rate=0.1)
    info = filled.connection.info
    reader = f"reader_{info.dbname}"
    admit_reader(filled.connection, reader, "secret")
    made = create_region(
        SimpleNamespace(
            code=filled.sham.code,
            time_zone=filled.sham.zone,
            name=info.dbname,
            reader=reader,
            password="secret",
            cluster=info,
        )
    )
    assert collect(made, clock.now()).failure == ""
    yield made
    close_idle_sessions()
    forget_region(made.code)
    filled.connection.execute(f"DROP OWNED BY {reader}")
    filled.connection.execute(f"DROP ROLE {reader}")


def shown(region: Region) -> RegionPage:
    now = clock.now()
    yesterday = local_day(now, region.zone) - timedelta(days=1)
    found = review(yesterday, now, Region.objects.all())
    return region_page(found, region.status, region.zone)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_its_tables_add_up_to_the_day(region: Region) -> None:
    page = shown(region)
    day = DailyRollup.objects.get(day=local_day(clock.now(), region.zone) - timedelta(days=1))

    charts = {chart.key: chart for section in page.sections for chart in section.charts}
    volume, outcomes = charts["volume"].tables[0].rows, charts["outcomes"].tables[0].rows
    mix = charts["class-mix"].tables[0].rows
    assert sum(number(row[1]) for row in volume) == day.n_received > 0
    assert sum(number(cell) for row in outcomes for cell in row[1:]) == day.n_expected
    assert sum(number(row[2]) for row in mix) == day.n_scored
    assert DailyScore.objects.filter(day=day.day).exists()


def test_the_page_opens_and_shows_every_section(region: Region) -> None:
    client = Client()
    client.force_login(make_person())
    day = local_day(clock.now(), region.zone) - timedelta(days=1)

    html = client.get(f"/regions/{region.code}/{day}/").content.decode()

    assert Collection.objects.count() == 1
    assert [one.key for one in shown(region).sections if one.missing] == []
    assert 'id="input-' in html
    assert 'id="node-scores"' in html
