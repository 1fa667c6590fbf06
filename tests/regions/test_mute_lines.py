"""A line that goes mute holds nothing of ours for long: no statement, no backend, no collection."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from fleet.demo.relay import Relay
from fleet.demo.ssh import SshServer
from regions import collect as collecting
from regions.deadline import hard_deadline
from regions.failures import Failure
from regions.models import Collection, FailureKind, HourlyRollup, Region
from tests.regions.faults_rig import NAPPING, SOCKET, await_true, keeper_process
from tests.rig.region_database import RegionDatabase
from tests.rig.regions import lead_through

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
# The keeper promises 15 s; the rest is for a busy machine.
CLOSED_WITHIN_S = 20


@pytest.fixture
def database(region_database: Callable[..., RegionDatabase]) -> RegionDatabase:
    """A region with one study and views that may nap."""
    database = region_database()
    database.execute(NAPPING)
    database.execute(f"GRANT SELECT ON fleet_contract.hour_check TO {database.reader}")
    database.insert_study(datetime.now(UTC))
    return database


@pytest.fixture
def keeper(server_folder: Path) -> Iterator[None]:
    process = keeper_process(server_folder)
    process.start()
    yield
    process.stop()


@pytest.fixture
def line(
    request: pytest.FixtureRequest,
    make_region: Callable[..., Region],
    relay: Callable[..., Relay],
    database: RegionDatabase,
    keeper: None,
) -> Relay:
    """The line to a collected region, which the tunnel keeper serves."""
    if getattr(request, "param", "direct") == "ssh":
        start: Callable[..., SshServer] = request.getfixturevalue("ssh_server")
        server = start(("127.0.0.1", database.cluster.port))
        line = relay(server.port)
        region = make_region(database)
        lead_through(region, server, port=line.port)
    else:
        line = relay(database.cluster.port)
        region = make_region(database, port=line.port)
    await_true((region.paths.get().socket_folder / SOCKET).exists)
    assert run().sentence == ""
    return line


def run() -> Collection:
    return collecting.collect(Region.objects.get(), datetime.now(UTC))


def in_the_background() -> threading.Thread:
    thread = threading.Thread(target=lambda: (run(), connection.close()))
    thread.start()
    return thread


def nap(database: RegionDatabase, seconds: float) -> None:
    database.execute("UPDATE nap SET seconds = %s", [seconds])


def is_napping(database: RegionDatabase) -> bool:
    return bool(
        database.execute(
            "SELECT 1 FROM pg_stat_activity WHERE usename = %s AND wait_event = 'PgSleep'",
            [database.reader],
        )
    )


def seconds_of_foreign_table() -> float:
    """Return after how many seconds a statement at the center failed."""
    with psycopg.connect(os.environ["FLEET_DATABASE_URL"], autocommit=True) as center:
        center.execute("SET statement_timeout = '3s'")
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        started = time.monotonic()
        with pytest.raises(psycopg.Error):
            center.execute(
                "SELECT * FROM region_alpha.hour_check WHERE first_hour = %s AND n_hours = 1",
                [hour],
            )
        return time.monotonic() - started


def go_mute_in_mid_query(database: RegionDatabase, line: Relay) -> None:
    await_true(lambda: is_napping(database))
    line.mode = "mute"


@pytest.mark.slow
@pytest.mark.parametrize("line", ["direct", "ssh"], indirect=True)
def test_it_ends_a_statement_of_the_center(line: Relay, database: RegionDatabase) -> None:
    """A statement_timeout alone would not: its cancel request travels through the mute line."""
    nap(database, 2)
    muting = threading.Thread(target=go_mute_in_mid_query, args=(database, line))
    muting.start()

    seconds = seconds_of_foreign_table()

    muting.join()
    assert seconds < CLOSED_WITHIN_S


@pytest.mark.slow
def test_it_does_not_end_a_slow_query(line: Relay, database: RegionDatabase) -> None:
    nap(database, 11)
    database.insert_study(datetime.now(UTC))

    assert run().sentence == ""
    assert sum(HourlyRollup.objects.values_list("n_received", flat=True)) == 2


def test_it_shuts_a_mute_connection_at_the_deadline(
    database: RegionDatabase, relay: Callable[..., Relay]
) -> None:
    line = relay(database.cluster.port)
    url = database.url.replace(f":{database.cluster.port}/", f":{line.port}/")
    with psycopg.connect(url, autocommit=True) as mute:
        line.mode = "mute"
        with pytest.raises(Failure) as failed, hard_deadline(mute, 1, "waiting for the test"):
            mute.execute("SELECT 1")

    assert failed.value.kind == FailureKind.TIMEOUT
    assert failed.value.sentence == "No answer within 1 s while waiting for the test."


def test_it_lets_the_region_notice_a_line_that_was_cut(database: RegionDatabase) -> None:
    with psycopg.connect(database.url) as reader:
        idle = reader.execute("SELECT current_setting('tcp_keepalives_idle')").fetchone()

    assert idle == ("60",)


def test_it_ends_a_collection_at_the_deadline_without_a_keeper(
    monkeypatch: pytest.MonkeyPatch,
    database: RegionDatabase,
    make_region: Callable[..., Region],
    relay: Callable[..., Relay],
) -> None:
    monkeypatch.setattr(collecting, "WINDOW_TIMEOUT_S", 3)
    line = relay(database.cluster.port)
    make_region(database, port=line.port)
    nap(database, 1)
    thread = in_the_background()
    go_mute_in_mid_query(database, line)
    thread.join(8)

    failed = Collection.objects.get()
    line.mode = "pass"
    assert (failed.failure, failed.sentence) == (
        FailureKind.TIMEOUT,
        "No answer within 3 s while collecting the changed hours.",
    )
