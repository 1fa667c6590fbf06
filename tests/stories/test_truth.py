"""Page, API and rollups say of random days and hours just what the region's own rows say."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from fleet import clock
from fleet.api.models import ApiToken
from fleet.demo.sham import Shape
from regions.collect import collect
from regions.localday import day_bounds, day_hours, local_day
from regions.models import DailyRollup, HourlyRollup, Region
from regions.sessions import close_idle_sessions
from tests.builders import make_person
from tests.rig.filled import Filled
from tests.rig.region_database import admit_reader
from tests.rig.regions import create_region, forget_region
from tests.rig.truth import Counts, truth

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

DAYS = 12
BIN_ERROR = 10 ** (1 / 51.2) - 1
QUANTILES = ("latency_p50_s", "latency_p95_s", "latency_p99_s")
COUNTS = [name for name in Counts.__dataclass_fields__ if not name.endswith("_s")]
HOUR = timedelta(hours=1)


@pytest.fixture(params=[(Shape.JOURNAL, "Asia/Kathmandu"), (Shape.TABLES, "America/St_Johns")])
def collected(
    request: pytest.FixtureRequest, make_filled: Callable[..., Filled]
) -> Iterator[tuple[Region, Filled]]:
    """A region of each native shape, with everything that goes wrong, collected once."""
    shape, zone = request.param
    filled = make_filled(
        shape, days=DAYS, zone=zone, studies_per_day=300, failure_rate=0.1, silent_bug=True
    )
    reader = f"reader_{filled.connection.info.dbname}"
    admit_reader(filled.connection, reader, "secret")
    region = create_region(
        SimpleNamespace(
            code=filled.sham.code,
            time_zone=zone,
            name=filled.connection.info.dbname,
            reader=reader,
            password="secret",
            cluster=filled.connection.info,
        )
    )
    run = collect(region, clock.now())
    assert run.failure == ""
    yield region, filled
    close_idle_sessions()
    forget_region(region.code)
    filled.connection.execute(f"DROP OWNED BY {reader}")
    filled.connection.execute(f"DROP ROLE {reader}")


def random_days(region: Region) -> list[date]:
    """Return finished days: the running one may be without a study yet."""
    today = local_day(clock.now(), region.zone)
    return [today - timedelta(days=n) for n in random.sample(range(1, DAYS), 4)]


def random_hours(region: Region) -> list[datetime]:
    hours = [hour for day in random_days(region) for hour in day_hours(day, region.zone)]
    return random.sample([hour for hour in hours if hour < clock.now()], 20)


def agree(said: dict[str, Any], true: Counts) -> None:
    """Compare every count exactly, and the latency's quantiles within half a bin."""
    assert {name: said[name] for name in COUNTS} == {name: getattr(true, name) for name in COUNTS}
    for name in QUANTILES:
        exact = getattr(true, name)
        if exact is None:
            assert said[name] is None
        elif 0.01 <= exact <= 1000:
            assert said[name] == pytest.approx(exact, rel=BIN_ERROR + 1e-6)


def test_the_rollups_agree_with_native_rows(collected: tuple[Region, Filled]) -> None:
    region, filled = collected
    for day in random_days(region):
        rollup = DailyRollup.objects.filter(region=region, day=day).values().get()
        agree(rollup, truth(filled.connection, filled.sham, *day_bounds(day, region.zone)))
    for hour in random_hours(region):
        true = truth(filled.connection, filled.sham, hour, hour + HOUR)
        row = HourlyRollup.objects.filter(region=region, hour=hour).values().first()
        if row is None:
            assert (true.n_received, true.n_filtered) == (0, 0)
        else:
            agree(row, true)


def test_the_api_agrees_with_native_rows(collected: tuple[Region, Filled]) -> None:
    region, filled = collected
    user = make_person("reader")
    headers = {"Authorization": f"Bearer {ApiToken.create(user, 'test', clock.now(), HOUR)}"}
    client = Client(headers=headers)
    for day in random_days(region):
        answer = client.get(f"/api/v1/regions/{region.code}/hourly/", {"from": day, "to": day})
        for hour in answer.json()["hours"]:
            start = datetime.fromisoformat(hour["hour"]).astimezone(UTC)
            true = truth(filled.connection, filled.sham, start, start + HOUR)
            if start + HOUR < clock.now():
                assert hour["numbers"]["n_received"] == true.n_received
                assert hour["numbers"]["n_failed"] == true.n_failed
        review = client.get(f"/api/v1/review/{day}/").json()
        numbers = review["regions"][0]["numbers"]
        agree(numbers, truth(filled.connection, filled.sham, *day_bounds(day, region.zone)))


def test_the_page_agrees_with_native_rows(collected: tuple[Region, Filled]) -> None:
    region, filled = collected
    client = Client()
    client.force_login(make_person())
    for day in random_days(region):
        true = truth(filled.connection, filled.sham, *day_bounds(day, region.zone))
        html = client.get(f"/day/{day}/").content.decode()
        failed = true.n_failed / (true.n_expected - true.n_pending) * 100
        assert f">{true.n_received:,}<" in html
        assert f"{failed:.1f}%" in html or f"{failed:.0f}%" in html
