from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from fleet.clock import now
from fleet.demo.relay import Relay
from regions.collect import collect
from regions.foreign_server import administering_connection
from regions.models import Region, UnionCoverage
from regions.union import rebuild_union
from tests.rig.region_database import RegionDatabase

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
NOW = now()
LATER = NOW + timedelta(minutes=5)
COUNTS = "SELECT region_code, count(*) FROM fleet.union_study GROUP BY 1 ORDER BY 1"


@pytest.fixture
def add_region(
    region_database: Callable[..., RegionDatabase], make_region: Callable[..., Region]
) -> Callable[..., Region]:
    """Return a function: (code, **fields) -> a region with one study, not yet collected."""

    def add(code: str, **fields: Any) -> Region:
        database = region_database(code)
        database.insert_study(NOW - timedelta(hours=1))
        return make_region(database, **fields)

    return add


def coverage(connection: psycopg.Connection[Any]) -> dict[str, tuple[bool, str]]:
    rows = connection.execute("SELECT region_code, is_included, reason FROM fleet.union_coverage")
    return {code: (is_included, reason) for code, is_included, reason in rows}


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    return dict(connection.execute(COUNTS).fetchall())


def test_it_reads_all_regions_as_one(
    add_region: Callable[..., Region], adhoc_connection: psycopg.Connection[Any]
) -> None:
    for code in ("alpha", "beta"):
        collect(add_region(code), NOW)

    said = rebuild_union(NOW)

    assert said == "The union views hold 2 of 2 regions."
    assert count_rows(adhoc_connection) == {"alpha": 1, "beta": 1}


def test_it_says_why_a_region_is_out(
    add_region: Callable[..., Region],
    relay: Callable[..., Relay],
    adhoc_connection: psycopg.Connection[Any],
) -> None:
    dead = relay(1)
    dead.mode = "refuse"
    collect(add_region("alpha"), NOW)
    collect(add_region("beta", port=dead.port), NOW)
    add_region("gamma")
    add_region("delta", is_active=False)

    rebuild_union(NOW)

    assert coverage(adhoc_connection) == {
        "alpha": (True, ""),
        "beta": (False, "The database refuses connections. Is it running?"),
        "gamma": (False, "The region has never been collected."),
        "delta": (False, "The region is switched off."),
    }
    assert count_rows(adhoc_connection) == {"alpha": 1}


def test_it_leaves_a_dead_region_out_until_it_answers_again(
    add_region: Callable[..., Region],
    relay: Callable[..., Relay],
    adhoc_connection: psycopg.Connection[Any],
) -> None:
    region = add_region("alpha")
    line = relay(region.paths.get().database_port)
    region.paths.update(database_port=line.port)
    collect(add_region("beta"), NOW)
    seen = []
    for mode in ("pass", "refuse", "pass"):
        line.mode = mode
        line.cut()
        collect(Region.objects.get(code="alpha"), NOW)
        rebuild_union(NOW)
        seen.append(list(count_rows(adhoc_connection)))

    assert seen == [["alpha", "beta"], ["beta"], ["alpha", "beta"]]


def test_it_asks_only_the_region_that_is_meant(
    add_region: Callable[..., Region],
    relay: Callable[..., Relay],
    adhoc_connection: psycopg.Connection[Any],
) -> None:
    region = add_region("alpha")
    line = relay(region.paths.get().database_port)
    region.paths.update(database_port=line.port)
    collect(region, NOW)
    collect(add_region("beta"), NOW)
    rebuild_union(NOW)
    line.mode = "refuse"
    query = "FROM fleet.union_study WHERE region_code = 'beta'"

    plan = adhoc_connection.execute(f"EXPLAIN (COSTS off) SELECT * {query}".encode()).fetchall()

    assert "region_alpha" not in str(plan)
    assert adhoc_connection.execute(f"SELECT count(*) {query}".encode()).fetchone() == (1,)
    with pytest.raises(psycopg.errors.SqlclientUnableToEstablishSqlconnection):
        count_rows(adhoc_connection)


def test_it_does_nothing_when_the_same_regions_answer(
    add_region: Callable[..., Region],
) -> None:
    collect(add_region("alpha"), NOW)
    rebuild_union(NOW)

    said = rebuild_union(LATER)

    assert said == "The union views are current."
    assert UnionCoverage.objects.get().since == NOW


def test_it_says_since_when_a_region_is_out(add_region: Callable[..., Region]) -> None:
    region = add_region("alpha")
    collect(region, NOW)
    rebuild_union(NOW)
    Region.objects.update(is_active=False)

    rebuild_union(LATER)

    assert UnionCoverage.objects.get().since == LATER


def test_it_stands_again_after_another_contract(
    add_region: Callable[..., Region], adhoc_connection: psycopg.Connection[Any]
) -> None:
    region = add_region("alpha")
    collect(region, NOW)
    rebuild_union(NOW)
    with administering_connection() as admin:
        admin.execute("COMMENT ON SERVER region_alpha IS 'made of an older contract'")

    collect(region, LATER)
    rebuild_union(LATER)

    assert count_rows(adhoc_connection) == {"alpha": 1}


def test_it_stands_empty_without_regions(adhoc_connection: psycopg.Connection[Any]) -> None:
    rebuild_union(NOW, is_forced=True)

    assert count_rows(adhoc_connection) == {}
