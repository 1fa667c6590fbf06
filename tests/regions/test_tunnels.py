from __future__ import annotations

import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings

from fleet.demo.relay import Relay
from fleet.demo.ssh import SshServer
from regions.failures import Failure
from regions.models import FailureKind
from regions.ssh import Hop, connect_through
from regions.tunnels import (
    CHANNELS_REMEMBERED,
    Route,
    Tunnel,
    forget_old_channels,
    is_responsive,
    open_tunnel,
)

pytestmark = pytest.mark.integration
StartServer = Callable[..., SshServer]
NOTICED_WITHIN_S = 15


def hop_of(server: SshServer, port: int | None = None) -> Hop:
    key = f"file:{server.private_key_path}"
    return Hop(server.host, port or server.port, server.user, key, "", server.host_key_line)


@pytest.fixture
def region(region_database: Callable[..., Any]) -> Any:
    return region_database()


@pytest.fixture
def opened(server_folder: Path, region: Any) -> Iterator[Callable[..., Tunnel]]:
    """Return a function: (server, …, port of the first) -> a tunnel to the region's database."""
    tunnels: list[Tunnel] = []

    def start(*servers: SshServer, port: int | None = None) -> Tunnel:
        ports = [port or servers[0].port, *(server.port for server in servers[1:])]
        hops = tuple(hop_of(server, port) for server, port in zip(servers, ports, strict=True))
        target = "127.0.0.1", region.cluster.port
        tunnels.append(open_tunnel(Route(1, "alpha 1", hops, target, server_folder / "s")))
        return tunnels[-1]

    yield start
    for tunnel in tunnels:
        tunnel.close()


def connect(tunnel: Tunnel, region: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(tunnel.route.folder),
        port=5432,
        dbname=region.name,
        user=region.reader,
        password=region.password,
        connect_timeout=5,
        autocommit=True,
    )


def serve(ssh_server: StartServer, region: Any, **options: Any) -> SshServer:
    return ssh_server(("127.0.0.1", region.cluster.port), **options)


class HangingQuery(threading.Thread):
    """A query that runs for a minute; `ended_after` says when it failed."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__(daemon=True)
        self.connection = connection
        self.ended_after = 0.0
        self.start()
        time.sleep(0.5)
        self.began = time.monotonic()

    def run(self) -> None:
        with self.connection, pytest.raises(psycopg.OperationalError):
            self.connection.execute("SELECT pg_sleep(60)")
        self.ended_after = time.monotonic() - self.began


def fail(tunnel: Tunnel) -> Failure:
    """Do what the keeper does until the tunnel is dead, and close it."""
    deadline = time.monotonic() + NOTICED_WITHIN_S
    while time.monotonic() < deadline:
        try:
            tunnel.check()
        except Failure as failure:
            tunnel.close()
            return failure
        time.sleep(1)
    raise AssertionError("The dead peer was not noticed.")


def test_it_carries_a_database_connection(
    each_ssh_server: StartServer, opened: Callable[..., Tunnel], region: Any
) -> None:
    tunnel = opened(serve(each_ssh_server, region))

    with connect(tunnel, region) as connection:
        rows = connection.execute("SELECT repeat('x', 1000) FROM generate_series(1, 5000)")

        assert sum(len(row[0]) for row in rows) == 5_000_000


def test_it_goes_through_a_jump_host(
    ssh_server: StartServer, opened: Callable[..., Tunnel], region: Any
) -> None:
    inner = serve(ssh_server, region)
    tunnel = opened(ssh_server((inner.host, inner.port)), inner)

    with connect(tunnel, region) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["the only server", "the jump host", "the server behind it"])
def test_it_ends_a_query_when_a_server_freezes(
    ssh_server: StartServer, opened: Callable[..., Tunnel], region: Any, which: str
) -> None:
    inner = serve(ssh_server, region)
    servers = (
        [inner] if which == "the only server" else [ssh_server((inner.host, inner.port)), inner]
    )
    tunnel = opened(*servers)
    query = HangingQuery(connect(tunnel, region))
    servers[1 if which == "the server behind it" else 0].freeze()

    failure = fail(tunnel)
    query.join(1)

    assert failure.kind == FailureKind.TIMEOUT
    assert 0 < query.ended_after < NOTICED_WITHIN_S


@pytest.mark.slow
def test_it_ends_a_query_when_the_line_goes_mute(
    ssh_server: StartServer, relay: Callable[..., Relay], opened: Callable[..., Tunnel], region: Any
) -> None:
    server = serve(ssh_server, region)
    line = relay(server.port)
    tunnel = opened(server, port=line.port)
    query = HangingQuery(connect(tunnel, region))
    line.mode = "mute"

    fail(tunnel)
    query.join(1)

    assert 0 < query.ended_after < NOTICED_WITHIN_S


def test_it_notices_a_reset_at_once(
    ssh_server: StartServer, relay: Callable[..., Relay], opened: Callable[..., Tunnel], region: Any
) -> None:
    server = serve(ssh_server, region)
    line = relay(server.port)
    tunnel = opened(server, port=line.port)
    query = HangingQuery(connect(tunnel, region))
    line.cut()

    query.join(2)

    assert 0 < query.ended_after < 2
    with pytest.raises(Failure, match="broke"):
        tunnel.check()


def test_it_holds_through_a_slow_line(
    ssh_server: StartServer, relay: Callable[..., Relay], opened: Callable[..., Tunnel], region: Any
) -> None:
    server = serve(ssh_server, region)
    tunnel = opened(server, port=relay(server.port, delay=0.15).port)

    with connect(tunnel, region) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    tunnel.check()


def test_it_closes_everything(
    ssh_server: StartServer, opened: Callable[..., Tunnel], region: Any
) -> None:
    n_threads = threading.active_count()
    tunnel = opened(serve(ssh_server, region))
    connection = connect(tunnel, region)

    tunnel.close()

    with connection, pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    assert not tunnel.route.socket.exists()
    time.sleep(0.5)
    assert threading.active_count() == n_threads


def test_it_replaces_a_socket_left_over(
    ssh_server: StartServer, opened: Callable[..., Tunnel], region: Any, server_folder: Path
) -> None:
    (server_folder / "s").mkdir()
    (server_folder / "s/.s.PGSQL.5432").touch()

    tunnel = opened(serve(ssh_server, region))

    with connect(tunnel, region) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_lets_everybody_here_connect_by_default(
    ssh_server: StartServer, opened: Callable[..., Tunnel], region: Any
) -> None:
    route = opened(serve(ssh_server, region)).route

    assert stat.S_IMODE(route.socket.stat().st_mode) == 0o666
    assert stat.S_IMODE(route.folder.stat().st_mode) == 0o711


def test_it_lets_only_the_socket_group_connect_where_it_is_set(
    ssh_server: StartServer,
    opened: Callable[..., Tunnel],
    region: Any,
    settings: LazySettings,
    server_folder: Path,
) -> None:
    settings.FLEET_SOCKET_GROUP = server_folder.group()

    route = opened(serve(ssh_server, region)).route

    assert stat.S_IMODE(route.socket.stat().st_mode) == 0o660
    assert route.socket.group() == server_folder.group()


def test_it_says_that_the_socket_group_is_unknown(
    ssh_server: StartServer, opened: Callable[..., Tunnel], region: Any, settings: LazySettings
) -> None:
    settings.FLEET_SOCKET_GROUP = "no-such-group"

    with pytest.raises(Failure, match="FLEET_SOCKET_GROUP must exist"):
        opened(serve(ssh_server, region))


def test_it_says_that_a_socket_path_is_too_long(server_folder: Path) -> None:
    hop = Hop("127.0.0.1", 22, "nobody", "env:KEY", "", "")
    route = Route(1, "alpha 1", (hop,), ("127.0.0.1", 5432), server_folder / ("x" * 100))

    with pytest.raises(Failure, match="shorter FLEET_SOCKET_DIR"):
        open_tunnel(route)


def test_it_does_not_open_where_forwarding_is_forbidden(
    ssh_server: StartServer, opened: Callable[..., Tunnel], server_folder: Path
) -> None:
    with pytest.raises(Failure, match="permitopen"):
        opened(ssh_server(("127.0.0.1", 1)))

    assert not (server_folder / "s/.s.PGSQL.5432").exists()


def test_it_remembers_why_the_database_was_not_reached(
    ssh_server: StartServer, relay: Callable[..., Relay], region: Any, server_folder: Path
) -> None:
    port = relay(region.cluster.port)
    server = ssh_server(("127.0.0.1", port.port))
    tunnel = open_tunnel(
        Route(1, "a 1", (hop_of(server),), ("127.0.0.1", port.port), server_folder / "s")
    )
    port.mode = "refuse"

    with pytest.raises(psycopg.OperationalError):
        connect(tunnel, region)

    assert tunnel.refusal
    assert "cannot connect to" in tunnel.refusal.sentence
    tunnel.close()


def test_it_hears_a_living_server(each_ssh_server: StartServer) -> None:
    with connect_through([hop_of(each_ssh_server())]) as connection:
        assert is_responsive(connection.last, timeout=3)


def test_it_hears_nothing_from_a_frozen_server(each_ssh_server: StartServer) -> None:
    server = each_ssh_server()
    with connect_through([hop_of(server)]) as connection:
        server.freeze()

        assert not is_responsive(connection.last, timeout=0.5)


def test_it_remembers_no_more_channels_than_it_needs(ssh_server: StartServer) -> None:
    with connect_through([hop_of(ssh_server())]) as connection:
        for _n in range(300):
            is_responsive(connection.last, timeout=3)
        forget_old_channels(connection.last)

        assert len(connection.last.channels_seen) == CHANNELS_REMEMBERED
