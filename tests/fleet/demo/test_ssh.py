from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko
import pytest

from fleet.demo.postgres import Cluster
from fleet.demo.servers import LOOPBACK, is_listening
from fleet.demo.ssh import SshServer

pytestmark = pytest.mark.integration
SSL_REQUEST = b"\0\0\0\x08\x04\xd2\x16\x2f"


@contextmanager
def transport_to(server: SshServer) -> Iterator[paramiko.Transport]:
    kind, body = server.host_key_line.split()[:2]
    client = paramiko.SSHClient()
    client.get_host_keys().add(
        f"[{server.host}]:{server.port}",
        kind,
        paramiko.PKey.from_type_string(kind, base64.b64decode(body)),
    )
    client.connect(
        server.host,
        server.port,
        server.user,
        key_filename=str(server.private_key_path),
        allow_agent=False,
        look_for_keys=False,
        timeout=5,
    )
    try:
        yield client.get_transport()
    finally:
        client.close()


def ask_for_ssl(transport: paramiko.Transport, host: str, port: int) -> bytes:
    """Return the answer of a PostgreSQL through the forward: one letter."""
    channel = transport.open_channel("direct-tcpip", (host, port), (LOOPBACK, 1), timeout=5)
    channel.settimeout(5)
    channel.sendall(SSL_REQUEST)
    return channel.recv(1)


@pytest.fixture
def server(each_ssh_server: Callable[..., SshServer], region_cluster: Cluster) -> SshServer:
    return each_ssh_server((LOOPBACK, region_cluster.port))


def test_it_forwards_to_the_permitted_destination(
    server: SshServer, region_cluster: Cluster
) -> None:
    with transport_to(server) as transport:
        assert ask_for_ssl(transport, LOOPBACK, region_cluster.port) in {b"N", b"S"}


def test_it_refuses_any_other_destination(server: SshServer) -> None:
    with transport_to(server) as transport, pytest.raises(paramiko.ChannelException):
        transport.open_channel("direct-tcpip", (LOOPBACK, server.port), (LOOPBACK, 1), timeout=5)


def test_it_runs_no_command(server: SshServer) -> None:
    with transport_to(server) as transport:
        session = transport.open_channel("session", timeout=5)
        session.settimeout(5)
        session.exec_command("true") if server.kind == "openssh" else None

        assert server.kind == "asyncssh" or session.recv_exit_status() != 0


def test_it_answers_nothing_while_frozen_and_goes_on_when_thawed(server: SshServer) -> None:
    with transport_to(server) as transport:
        server.freeze()
        with pytest.raises(paramiko.SSHException, match="Timeout"):
            transport.open_channel("session", timeout=0.5)

        server.thaw()

        assert transport.open_channel("session", timeout=5).active


def test_it_ends_its_connections_when_it_stops(server: SshServer) -> None:
    with transport_to(server) as transport:
        server.stop()
        transport.join(5)

        assert not transport.is_active()
        assert not is_listening(server.port)


def test_it_keeps_port_and_host_key_over_a_restart(server: SshServer) -> None:
    known = server.host_key_line
    server.stop()

    again = SshServer(server.folder, server.permitted, kind=server.kind)
    again.start()

    try:
        with transport_to(again):
            assert (again.port, again.host_key_line) == (server.port, known)
    finally:
        again.stop()


def test_it_can_take_another_host_key(server: SshServer) -> None:
    known = server.host_key_line
    server.stop()
    server.renew_host_key()
    server.start()

    with transport_to(server):
        assert server.host_key_line != known


def test_it_gives_inner_addresses_a_meaning_of_its_own(
    ssh_server: Callable[..., SshServer], region_cluster: Cluster
) -> None:
    inner = ("10.0.0.10", 5432)
    server = ssh_server(inner, inner={inner: (LOOPBACK, region_cluster.port)})

    with transport_to(server) as transport:
        assert ask_for_ssl(transport, *inner) in {b"N", b"S"}
