from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from fleet.demo.relay import Relay
from fleet.demo.servers import Process, is_listening
from fleet.demo.ssh import SshServer
from regions.credentials import reveal
from regions.keeper import retry_delay
from regions.management.commands.keep_tunnels import LOOK_EVERY_S
from regions.models import AccessPath, FailureKind, Region, TunnelState
from tests.rig.regions import lead_through

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "manage.py", "keep_tunnels"]
# The keeper looks at the database every two seconds; starting it takes longer on a busy machine.
SEEN_WITHIN_S = 6.0
STARTED_WITHIN_S = 30.0

State = TunnelState.State


@pytest.fixture
def keeper(server_folder: Path) -> Iterator[Callable[..., Process]]:
    """Return a function: (NAME=value of the environment, …) -> a running tunnel keeper."""
    started: list[Process] = []

    def start(**changes: str) -> Process:
        log = server_folder / f"keeper{len(started)}.log"
        process = Process("keeper", COMMAND, log, env={**os.environ, **changes}, cwd=ROOT)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def path(
    make_region: Callable[..., Region],
    region_database: Callable[..., Any],
    ssh_server: Callable[..., SshServer],
    relay: Callable[..., Relay],
) -> AccessPath:
    """A path through an SSH server behind a relay; both hang on it for the tests to disturb."""
    database = region_database()
    path: Any = make_region(database).paths.get()
    path.server = ssh_server(("127.0.0.1", database.cluster.port))
    path.line = relay(path.server.port)
    lead_through(path.region, path.server, port=path.line.port)
    path.refresh_from_db()
    return path


def connect(path: AccessPath) -> psycopg.Connection[Any]:
    host, port = path.endpoint
    region = path.region
    return psycopg.connect(
        host=host,
        port=port,
        dbname=region.database_name,
        user=region.database_user,
        password=reveal(region.database_password),
        connect_timeout=5,
        autocommit=True,
    )


def await_state(path: AccessPath, state: State, within: float = STARTED_WITHIN_S) -> TunnelState:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        row = TunnelState.objects.filter(path=path).first()
        if row and row.state == state:
            return row
        time.sleep(0.1)
    raise AssertionError(f"The tunnel is not {state} within {within} s but {row and row.sentence}.")


def socket_of(path: AccessPath) -> Path:
    return path.socket_folder / ".s.PGSQL.5432"


def test_it_opens_the_way_to_a_database(path: AccessPath, keeper: Callable[..., Process]) -> None:
    keeper()

    row = await_state(path, State.OPEN)

    assert (row.failure, row.sentence, row.retry_at) == ("", "", None)
    with connect(path) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_gives_signs_of_life(path: AccessPath, keeper: Callable[..., Process]) -> None:
    keeper()
    first = await_state(path, State.OPEN)
    deadline = time.monotonic() + STARTED_WITHIN_S
    while (second := await_state(path, State.OPEN)).seen_at == first.seen_at:
        assert time.monotonic() < deadline
        time.sleep(0.5)

    assert second.since == first.since


def test_it_says_why_a_tunnel_does_not_open(
    path: Any, keeper: Callable[..., Process], ssh_server: Callable[..., SshServer]
) -> None:
    path.hops.update(host_key=ssh_server().host_key_line)
    keeper()

    row = await_state(path, State.CLOSED)

    assert row.failure == FailureKind.HOST_KEY
    assert "is pinned" in row.sentence
    assert row.retry_at is not None


def test_it_follows_a_corrected_path_at_once(
    path: Any, keeper: Callable[..., Process], ssh_server: Callable[..., SshServer]
) -> None:
    path.hops.update(host_key=ssh_server().host_key_line)
    keeper()
    await_state(path, State.CLOSED)

    path.hops.update(host_key=path.server.host_key_line)

    await_state(path, State.OPEN)


@pytest.mark.slow
def test_it_closes_when_the_peer_freezes_and_opens_when_it_thaws(
    path: Any, keeper: Callable[..., Process]
) -> None:
    keeper()
    await_state(path, State.OPEN)
    connection = connect(path)
    path.server.freeze()
    began = time.monotonic()

    with connection, pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT pg_sleep(60)")

    assert time.monotonic() - began < 15
    assert await_state(path, State.CLOSED).failure == FailureKind.TIMEOUT
    path.server.thaw()
    await_state(path, State.OPEN)


def test_it_opens_again_after_a_reset(path: Any, keeper: Callable[..., Process]) -> None:
    keeper()
    first = await_state(path, State.OPEN)
    path.line.cut()
    deadline = time.monotonic() + STARTED_WITHIN_S
    while await_state(path, State.OPEN).since == first.since:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    with connect(path) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_closes_a_disabled_path(path: Any, keeper: Callable[..., Process]) -> None:
    keeper()
    await_state(path, State.OPEN)

    path.is_enabled = False
    path.save()

    deadline = time.monotonic() + STARTED_WITHIN_S
    while path.socket_folder.exists() or TunnelState.objects.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_leaves_paths_of_inactive_regions_closed(
    path: Any, keeper: Callable[..., Process]
) -> None:
    Region.objects.update(is_active=False)
    keeper()
    time.sleep(SEEN_WITHIN_S)

    assert not TunnelState.objects.exists()


def test_it_says_that_the_database_behind_an_open_tunnel_is_gone(
    path: Any, keeper: Callable[..., Process], relay: Callable[..., Relay]
) -> None:
    behind = relay(path.database_port)
    path.server.stop()
    path.server.permitted = [("127.0.0.1", behind.port)]
    path.server.start()
    AccessPath.objects.filter(pk=path.pk).update(database_port=behind.port)
    keeper()
    await_state(path, State.OPEN)
    behind.mode = "refuse"
    with pytest.raises(psycopg.OperationalError):
        connect(path)

    deadline = time.monotonic() + STARTED_WITHIN_S
    while not (row := await_state(path, State.OPEN)).failure:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    assert row.failure == FailureKind.LINK
    assert "cannot connect to" in row.sentence


def test_it_closes_everything_on_sigterm(path: Any, keeper: Callable[..., Process]) -> None:
    process = keeper()
    await_state(path, State.OPEN)
    connection = connect(path)
    began = time.monotonic()

    os.kill(process.pid, signal.SIGTERM)
    while process.is_running and time.monotonic() < began + 10:
        time.sleep(0.05)

    assert time.monotonic() - began < 5
    assert not path.socket_folder.exists()
    assert await_state(path, State.CLOSED).failure == FailureKind.CENTER
    with connection, pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")


@pytest.mark.slow
def test_it_goes_on_after_it_was_frozen(path: Any, keeper: Callable[..., Process]) -> None:
    process = keeper()
    await_state(path, State.OPEN)
    os.kill(process.pid, signal.SIGSTOP)
    # Longer than it waits for a signal.
    time.sleep(LOOK_EVERY_S + 1)
    os.kill(process.pid, signal.SIGCONT)
    time.sleep(1)

    assert process.is_running
    connect(path).close()


@pytest.mark.slow
def test_it_keeps_its_tunnels_while_our_database_is_away(
    path: Any, keeper: Callable[..., Process], relay: Callable[..., Relay]
) -> None:
    port = settings.DATABASES["default"]["PORT"]
    line = relay(int(port))
    url = os.environ["FLEET_DATABASE_URL"].replace(f":{port}/", f":{line.port}/")
    process = keeper(FLEET_DATABASE_URL=url)
    before = await_state(path, State.OPEN)
    line.mode = "refuse"
    line.cut()
    time.sleep(12)

    with connect(path) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    line.mode = "pass"
    deadline = time.monotonic() + STARTED_WITHIN_S
    while await_state(path, State.OPEN).seen_at < before.seen_at + timedelta(seconds=12):
        assert time.monotonic() < deadline
        time.sleep(0.5)

    assert process.is_running


def test_it_refuses_a_second_keeper(path: Any, keeper: Callable[..., Process]) -> None:
    keeper()
    await_state(path, State.OPEN)

    second = subprocess.run(
        COMMAND, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )

    assert second.returncode == 1
    assert "Another tunnel keeper owns the sockets" in second.stderr
    assert socket_of(path).exists()
    assert is_listening(path.line.port)


def test_it_waits_longer_after_each_failure() -> None:
    delays = [retry_delay(n) for n in (1, 2, 3, 7, 50)]

    for delay, middle in zip(delays, [1, 2, 4, 60, 60], strict=True):
        assert 0.75 * middle <= delay <= 1.25 * middle
