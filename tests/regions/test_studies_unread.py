"""What the list of studies says, and how soon, when the region cannot be read."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings

from fleet.clock import now
from fleet.demo.relay import Relay
from fleet.demo.ssh import SshServer
from regions import studies
from regions.collect import collect
from regions.models import Region
from regions.studies import Reason, StudiesUnread, study_page
from tests.regions.faults_rig import SOCKET, await_true, keeper_process
from tests.rig.region_database import RegionDatabase
from tests.rig.regions import lead_through

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
DAY = date(2026, 3, 10)
# The deadline is 5 s; the rest is for a busy machine.
WITHIN_S = 6.0
# The keeper promises 15 s.
CLOSED_WITHIN_S = 20
WAITING = "SELECT 1 FROM pg_stat_activity WHERE usename = %s AND wait_event_type = 'Lock'"


@pytest.fixture
def database(region_database: Callable[..., RegionDatabase]) -> RegionDatabase:
    return region_database()


@pytest.fixture
def line(
    database: RegionDatabase, make_region: Callable[..., Region], relay: Callable[..., Relay]
) -> Relay:
    """The line of a direct path to a collected region, without a keeper."""
    line = relay(database.cluster.port)
    assert collect(make_region(database, port=line.port), now()).sentence == ""
    return line


@pytest.fixture
def keeper(server_folder: Path) -> Iterator[None]:
    process = keeper_process(server_folder)
    process.start()
    yield
    process.stop()


@pytest.fixture
def kept_line(
    request: pytest.FixtureRequest,
    database: RegionDatabase,
    make_region: Callable[..., Region],
    relay: Callable[..., Relay],
    keeper: None,
) -> Relay:
    """The same behind the tunnel keeper, direct or by SSH."""
    if request.param == "ssh":
        start: Callable[..., SshServer] = request.getfixturevalue("ssh_server")
        server = start(("127.0.0.1", database.cluster.port))
        line = relay(server.port)
        region = make_region(database)
        lead_through(region, server, port=line.port)
        region.paths.update(database_port=database.cluster.port)
    else:
        line = relay(database.cluster.port)
        region = make_region(database, port=line.port)
    await_true((region.paths.get().socket_folder / SOCKET).exists)
    assert collect(region, now()).sentence == ""
    return line


def unread() -> StudiesUnread:
    with pytest.raises(StudiesUnread) as caught:
        study_page(Region.objects.get(), DAY)
    return caught.value


def n_backends() -> int:
    """Return how many sessions the list of studies has at the center."""
    with psycopg.connect(os.environ["FLEET_DATABASE_URL"]) as center:
        row = center.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'fleet_studies'"
        ).fetchone()
    return int(row[0]) if row else 0


def test_it_says_that_it_is_not_set_up(line: Relay, settings: Settings) -> None:
    settings.FLEET_STUDIES_DATABASE_URL = ""

    assert unread().reason is Reason.NOT_SET_UP


def test_it_says_that_the_first_collection_is_to_come(
    database: RegionDatabase, make_region: Callable[..., Region]
) -> None:
    make_region(database)

    assert unread().reason is Reason.NOT_READY


def test_it_says_that_the_path_is_closed(line: Relay) -> None:
    line.stop()

    failed = unread()

    assert (failed.reason, failed.detail) == (
        Reason.CLOSED,
        "The database refuses connections. Is it running?",
    )


def test_it_says_that_the_reader_is_refused(line: Relay, database: RegionDatabase) -> None:
    database.execute(f"ALTER ROLE {database.reader} PASSWORD 'another'")

    failed = unread()

    assert failed.reason is Reason.REFUSED
    assert failed.detail == "The database refuses the reader's password. Set the right one."


def test_it_says_that_a_view_is_missing(line: Relay, database: RegionDatabase) -> None:
    database.execute("ALTER VIEW fleet_contract.prediction RENAME TO prediction_old")

    assert unread().reason is Reason.NOT_PROVIDED


def test_it_says_that_the_region_takes_too_long(
    line: Relay, database: RegionDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies, "STATEMENT_TIMEOUT_MS", 500)
    with psycopg.connect(database.admin_url) as locking:
        locking.execute("LOCK TABLE study_native")
        failed = unread()

    assert failed.reason is Reason.TIMEOUT
    await_true(lambda: n_backends() == 0, 2)


def test_it_admits_four_readers_and_tells_the_fifth(line: Relay) -> None:
    with ExitStack() as readers:
        for _ in range(4):
            readers.enter_context(psycopg.connect(os.environ["FLEET_STUDIES_DATABASE_URL"]))

        assert unread().reason is Reason.BUSY


def test_it_says_that_the_center_is_away(line: Relay, settings: Settings) -> None:
    settings.FLEET_STUDIES_DATABASE_URL = "postgresql://fleet_studies@127.0.0.1:1/fleet"

    assert unread().reason is Reason.CENTER


def test_it_leaves_no_session_behind(line: Relay) -> None:
    assert study_page(Region.objects.get(), DAY).answers == ()

    await_true(lambda: n_backends() == 0, 2)


@pytest.mark.parametrize("kept_line", ["direct", "ssh"], indirect=True)
def test_it_returns_from_a_mute_line_and_leaves_no_backend(kept_line: Relay) -> None:
    kept_line.mode = "mute"
    began = time.monotonic()

    failed = unread()

    assert time.monotonic() - began < WITHIN_S
    assert failed.reason in {Reason.TIMEOUT, Reason.CLOSED}
    await_true(lambda: n_backends() == 0, CLOSED_WITHIN_S)


@pytest.mark.slow
@pytest.mark.parametrize("kept_line", ["direct", "ssh"], indirect=True)
def test_it_returns_from_a_line_that_goes_mute_in_mid_query(
    kept_line: Relay, database: RegionDatabase
) -> None:
    def mute() -> None:
        await_true(lambda: bool(database.execute(WAITING, [database.reader])), 4)
        kept_line.mode = "mute"

    muting = threading.Thread(target=mute)
    with psycopg.connect(database.admin_url) as locking:
        locking.execute("LOCK TABLE study_native")
        muting.start()
        began = time.monotonic()
        failed = unread()
        seconds = time.monotonic() - began
        muting.join()

    assert seconds < WITHIN_S
    assert failed.reason is Reason.TIMEOUT
    await_true(lambda: n_backends() == 0, CLOSED_WITHIN_S)
