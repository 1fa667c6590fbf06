from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fleet.clock import now
from regions.collect import collect
from regions.models import HourlyRollup, Region
from tests.regions.faults_rig import await_true
from tests.rig.region_database import RegionDatabase

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


def n_connections(database: RegionDatabase) -> int:
    rows = database.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [database.reader]
    )
    return int(rows[0][0])


@pytest.fixture
def databases(region_database: Callable[..., RegionDatabase]) -> list[RegionDatabase]:
    made = [region_database("alpha"), region_database("beta")]
    for database in made:
        database.insert_study(now() - timedelta(hours=1))
    return made


def test_it_keeps_one_connection_into_a_region(
    databases: list[RegionDatabase], make_region: Callable[..., Region]
) -> None:
    region = make_region(databases[0])
    collect(region, now())
    await_true(lambda: n_connections(databases[0]) == 1)


def test_it_turns_the_oldest_session_to_another_region(
    databases: list[RegionDatabase],
    make_region: Callable[..., Region],
    settings: Any,
) -> None:
    settings.FLEET_WARM_SESSIONS = 1
    for database in databases:
        run = collect(make_region(database), now())
        assert run.failure == ""
    await_true(lambda: [n_connections(database) for database in databases] == [0, 1])
    assert HourlyRollup.objects.filter(n_received=1).count() == 2
