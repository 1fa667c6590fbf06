"""A collection goes on after what happens to sessions, paths, passwords and foreign servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from fleet.demo.postgres import Cluster
from fleet.demo.relay import Relay
from regions.collect import AlreadyCollecting, collect
from regions.credentials import seal
from regions.models import AccessPath, Collection, FailureKind, HourlyRollup, Region
from regions.union import rebuild_union
from tests.regions.faults_rig import NAPPING, await_true
from tests.rig.region_database import RegionDatabase

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
SLEEPING = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
MakeRegion = Callable[..., Region]
StartRelay = Callable[..., Relay]


@pytest.fixture
def database(region_database: Callable[..., RegionDatabase]) -> RegionDatabase:
    return region_database()


@pytest.fixture
def napping(database: RegionDatabase) -> RegionDatabase:
    """A region whose view sleeps as long as its table `nap` says."""
    database.execute(NAPPING)
    database.execute(f"GRANT SELECT ON fleet_contract.hour_check TO {database.reader}")
    return database


def run(region: Region) -> Collection:
    """Collect the region as it is configured now."""
    return collect(Region.objects.get(pk=region.pk), datetime.now(UTC))


def add_study(database: RegionDatabase) -> None:
    database.insert_study(datetime.now(UTC))


def n_received() -> int:
    return sum(HourlyRollup.objects.values_list("n_received", flat=True))


def administer(statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.FLEET_ADMIN_DATABASE_URL) as admin:
        admin.execute("SET client_min_messages = error")
        cursor = admin.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def add_second_path(region: Region, database: RegionDatabase) -> None:
    AccessPath.objects.create(
        region=region,
        position=2,
        kind=AccessPath.Kind.DIRECT,
        database_port=database.cluster.port,
    )


@pytest.fixture
def lonely(server_folder: Path) -> Iterator[RegionDatabase]:
    """A region in a cluster of its own, which the test may restart."""
    cluster = Cluster(server_folder / "region", flavour="wheel")
    cluster.start()
    database = RegionDatabase(cluster, "alpha", "Europe/Moscow")
    yield database
    database.connection.close()
    cluster.stop()


def restart(database: RegionDatabase) -> None:
    database.connection.close()
    database.cluster.stop()
    database.cluster.start()
    database.connection = database.cluster.connect(database.name)


def test_it_goes_on_after_the_region_was_restarted(
    make_region: MakeRegion, lonely: RegionDatabase
) -> None:
    region = make_region(lonely)
    run(region)
    restart(lonely)
    add_study(lonely)

    assert run(region).sentence == ""
    assert n_received() == 1


def test_it_goes_on_after_the_warm_line_was_cut(
    make_region: MakeRegion, database: RegionDatabase, relay: StartRelay
) -> None:
    line = relay(database.cluster.port)
    region = make_region(database, port=line.port)
    run(region)
    add_study(database)

    await_true(lambda: len(line.links) == 1)
    line.cut()
    assert run(region).sentence == ""
    assert n_received() == 1


def test_it_goes_on_after_the_center_ended_its_session(
    make_region: MakeRegion, database: RegionDatabase, central_cluster: Cluster
) -> None:
    region = make_region(database)
    run(region)
    add_study(database)
    connection.close_pool()
    central_cluster.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fleet_collect'"
    )

    assert run(region).sentence == ""
    assert n_received() == 1


def test_it_takes_the_second_path_when_the_first_is_broken(
    make_region: MakeRegion, database: RegionDatabase, relay: StartRelay
) -> None:
    line = relay(database.cluster.port)
    region = make_region(database, port=line.port)
    add_second_path(region, database)
    run(region)
    add_study(database)
    line.mode = "refuse"
    line.cut()

    second = run(region)

    assert (second.sentence, second.path.position if second.path else 0) == ("", 2)
    assert n_received() == 1


def test_it_returns_to_the_first_path(
    make_region: MakeRegion, database: RegionDatabase, relay: StartRelay
) -> None:
    line = relay(database.cluster.port)
    region = make_region(database, port=line.port)
    add_second_path(region, database)
    line.mode = "refuse"
    run(region)
    line.mode = "pass"

    third = run(region)

    assert third.path is not None
    assert third.path.position == 1


def test_it_keeps_the_union_views_over_a_change_of_path(
    make_region: MakeRegion, database: RegionDatabase, relay: StartRelay, adhoc_connection: Any
) -> None:
    line = relay(database.cluster.port)
    region = make_region(database, port=line.port)
    add_second_path(region, database)
    add_study(database)
    run(region)
    rebuild_union(datetime.now(UTC), is_forced=True)
    line.mode = "refuse"
    line.cut()
    run(region)

    assert adhoc_connection.execute("SELECT count(*) FROM fleet.union_study").fetchone() == (1,)


def test_it_says_that_the_password_was_changed(
    make_region: MakeRegion, database: RegionDatabase
) -> None:
    region = make_region(database, database_password=seal("not this one"))

    failed = run(region)

    assert failed.failure == FailureKind.AUTH
    assert "refuses the reader's password" in failed.sentence


def test_it_takes_a_rotated_password(make_region: MakeRegion, database: RegionDatabase) -> None:
    region = make_region(database)
    run(region)
    database.execute(
        sql.SQL("ALTER ROLE {} PASSWORD 'rotated'")
        .format(sql.Identifier(database.reader))
        .as_string(None)
    )
    Region.objects.update(database_password=seal("rotated"))
    add_study(database)

    assert run(region).sentence == ""
    assert n_received() == 1


def test_it_takes_a_password_rotated_behind_its_reference(
    make_region: MakeRegion,
    database: RegionDatabase,
    central_cluster: Cluster,
    tmp_path: Path,
) -> None:
    secret = tmp_path / "reader"
    secret.write_text(database.password)
    region = make_region(database, database_password=f"file:{secret}")
    run(region)
    secret.write_text("rotated")
    run(region)

    mappings = central_cluster.execute(
        "SELECT usename, umoptions FROM pg_user_mappings ORDER BY usename",
        settings.DATABASES["default"]["NAME"],
    )
    assert [name for name, _options in mappings] == ["fleet_collect", "fleet_studies"]
    assert all("password=rotated" in options for _name, options in mappings)


@pytest.mark.parametrize(
    "damage",
    [
        "DROP SERVER region_alpha CASCADE",
        "DROP SCHEMA region_alpha CASCADE",
        "DROP USER MAPPING FOR fleet_collect SERVER region_alpha",
        "DROP FOREIGN TABLE region_alpha.hourly CASCADE",
        "ALTER SERVER region_alpha OPTIONS (SET port '1')",
        "REVOKE SELECT ON region_alpha.hourly FROM fleet_collect",
    ],
)
def test_it_repairs_what_was_damaged_by_hand(
    make_region: MakeRegion, database: RegionDatabase, damage: str
) -> None:
    region = make_region(database)
    run(region)
    administer(damage)
    add_study(database)

    assert run(region).sentence == ""
    assert n_received() == 1


def test_it_lets_one_collector_at_a_time_into_a_region(
    make_region: MakeRegion, napping: RegionDatabase
) -> None:
    region = make_region(napping)
    run(region)
    napping.execute("UPDATE nap SET seconds = 1")
    add_study(napping)
    first = threading.Thread(target=lambda: (run(region), connection.close()))
    first.start()
    await_true(lambda: bool(napping.execute(SLEEPING)))

    with pytest.raises(AlreadyCollecting):
        run(region)
    first.join(10)
    assert n_received() == 1
