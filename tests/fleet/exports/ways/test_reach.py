"""A region's line: the first path that works, opened again when it broke."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from fleet.demo.relay import Relay
from fleet.demo.servers import LOOPBACK, free_port
from fleet.demo.ssh import SshServer
from fleet.exports.ways.reach import Line, Reach, lines_into
from fleet.exports.ways.streams import receive
from fleet.exports.ways.way import Trouble, WayFailed
from regions.models import AccessPath, Region, SshHop
from regions.packets import Packets
from tests.fleet.exports.ways.conftest import line_through

pytestmark = pytest.mark.integration
DIRECT = Line("alpha 2", ())
WAIT_S = 5.0


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that accepts and waits."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def at_port(line: Line, port: int) -> Line:
    return replace(line, hops=(replace(line.hops[0], port=port),))


def failure_of(reach: Reach, port: int) -> WayFailed:
    with pytest.raises(WayFailed) as caught:
        reach.stream(LOOPBACK, port, WAIT_S)
    return caught.value


def test_it_takes_the_next_line_when_one_is_dead(gate: SshServer, port: int) -> None:
    dead = at_port(line_through(gate), free_port())

    with Reach([dead, line_through(gate, "alpha 2")]) as reach:
        reach.stream(LOOPBACK, port, WAIT_S).close()

        assert reach.transport().is_active()


def test_it_tries_first_what_worked_last(
    gate: SshServer, port: int, relay: Callable[..., Relay]
) -> None:
    dead = relay(gate.port)
    dead.mode = "refuse"

    with Reach([at_port(line_through(gate), dead.port), DIRECT]) as reach:
        reach.stream(LOOPBACK, port, WAIT_S).close()
        dead.mode = "pass"
        stream = reach.stream(LOOPBACK, port, WAIT_S)

    assert isinstance(stream, socket.socket)
    stream.close()


def test_it_opens_a_line_that_broke_again(
    gate: SshServer, port: int, relay: Callable[..., Relay]
) -> None:
    wire = relay(gate.port)

    with Reach([at_port(line_through(gate), wire.port)]) as reach:
        broken = reach.transport()
        wire.cut()
        broken.join(WAIT_S)

        reach.stream(LOOPBACK, port, WAIT_S).close()
        assert reach.transport() is not broken


def test_it_opens_one_connection_for_all(gate: SshServer, port: int) -> None:
    with Reach([line_through(gate)]) as reach:
        streams = [reach.stream(LOOPBACK, port, WAIT_S) for _ in range(3)]

        assert reach.transport() is reach.transport()
        assert len({id(stream.get_transport()) for stream in streams}) == 1  # type: ignore[union-attr]


def test_it_brings_every_byte_while_keys_change(
    gate: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Packets, "REKEY_BYTES", 2**20)
    content = os.urandom(8 * 2**20)
    received = bytearray()
    with socket.create_server((LOOPBACK, 0)) as server, Reach([line_through(gate)]) as reach:
        stream = reach.stream(LOOPBACK, server.getsockname()[1], WAIT_S)
        with server.accept()[0] as far, ThreadPoolExecutor() as pool:
            pool.submit(far.sendall, content)
            receive(stream, received, len(content), time.monotonic() + WAIT_S, at_once=2**18)
        transport = reach.transport()

        assert received == content
        assert transport.session_id != transport.H, "no keys were changed"


def test_it_ends_its_connection(gate: SshServer) -> None:
    with Reach([line_through(gate)]) as reach:
        transport = reach.transport()

    transport.join(WAIT_S)
    assert not transport.is_active()


def test_it_says_what_every_line_said(gate: SshServer) -> None:
    nobody = free_port()

    with Reach([line_through(gate), DIRECT]) as reach:
        failure = failure_of(reach, nobody)

    assert failure.kind is Trouble.LINK
    assert "Path alpha 1: The SSH server cannot connect to" in failure.sentence
    assert "Path alpha 2:" in failure.sentence


def test_it_says_that_the_server_may_not_forward(
    ssh_server: Callable[..., SshServer], port: int
) -> None:
    server = ssh_server((LOOPBACK, 1))

    with Reach([line_through(server)]) as reach:
        failure = failure_of(reach, port)

    assert "permitopen" in failure.sentence


def test_it_waits_for_nobody_for_ever(gate: SshServer, port: int) -> None:
    with Reach([line_through(gate)]) as reach, pytest.raises(TimeoutError):
        reach.stream(LOOPBACK, port, 0.1).recv(1)


@pytest.mark.parametrize("lines", [[], [DIRECT]])
def test_it_needs_an_ssh_server_for_its_files(lines: list[Line]) -> None:
    with Reach(lines) as reach, pytest.raises(WayFailed) as caught:
        reach.transport()

    assert caught.value.kind is Trouble.CONFIGURATION
    assert "No enabled access path" in caught.value.sentence


@pytest.mark.django_db
def test_it_reads_the_regions_enabled_paths_in_order() -> None:
    region = Region.objects.create(code="reached", name="Reached", time_zone="Europe/Moscow")
    AccessPath.objects.create(region=region, position=1, kind=AccessPath.Kind.DIRECT)
    for position, is_enabled in ((3, True), (2, False)):
        path = AccessPath.objects.create(
            region=region, position=position, kind=AccessPath.Kind.SSH, is_enabled=is_enabled
        )
        for number, host in ((2, "last"), (1, "first")):
            SshHop.objects.create(path=path, position=number, host=host, user="fleet")

    direct, behind = lines_into(region)

    assert (direct.name, direct.hops) == ("reached 1", ())
    assert [hop.host for hop in behind.hops] == ["first", "last"]
