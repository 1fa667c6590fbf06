from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from paramiko import RSAKey

from fleet.demo.postgres import Cluster
from fleet.demo.relay import Relay
from fleet.demo.servers import free_port
from fleet.demo.ssh import SshServer
from regions import ssh
from regions.failures import Failure
from regions.hostkeys import fingerprint, parse_host_key
from regions.models import FailureKind
from regions.ssh import Hop, connect_through, open_channel

pytestmark = pytest.mark.integration
StartServer = Callable[..., SshServer]
# The start of PostgreSQL's protocol: a request for TLS, answered by one letter.
TLS_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])


def hop_to(server: SshServer, **changes: object) -> Hop:
    hop = Hop(
        host=server.host,
        port=server.port,
        user=server.user,
        private_key=f"file:{server.private_key_path}",
        passphrase="",
        host_key=server.host_key_line,
    )
    return replace(hop, **changes)  # type: ignore[arg-type]


def failure_of(*hops: Hop) -> Failure:
    n_threads = threading.active_count()
    with pytest.raises(Failure) as caught:
        connect_through(hops)
    for thread in threading.enumerate():
        if thread.name.startswith("Thread") and thread.daemon:
            thread.join(2)
    assert threading.active_count() <= n_threads, "a transport's thread was left behind"
    return caught.value


@pytest.fixture
def database(region_cluster: Cluster) -> tuple[str, int]:
    return "127.0.0.1", region_cluster.port


@pytest.fixture
def mute_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_it_reaches_a_database_behind_a_server(
    each_ssh_server: StartServer, database: tuple[str, int]
) -> None:
    server = each_ssh_server(database)

    with connect_through([hop_to(server)]) as connection:
        channel = open_channel(connection.last, database)
        channel.sendall(TLS_REQUEST)

        assert channel.recv(1) in {b"S", b"N"}


def test_it_goes_through_jump_hosts(
    each_ssh_server: StartServer, database: tuple[str, int]
) -> None:
    last = each_ssh_server(database)
    middle = each_ssh_server((last.host, last.port))
    first = each_ssh_server((middle.host, middle.port))

    with connect_through([hop_to(first), hop_to(middle), hop_to(last)]) as connection:
        channel = open_channel(connection.last, database)
        channel.sendall(TLS_REQUEST)

        assert channel.recv(1) in {b"S", b"N"}


def test_it_says_that_a_name_does_not_resolve(ssh_server: StartServer) -> None:
    failure = failure_of(hop_to(ssh_server(), host="no-such-host.invalid"))

    assert failure.kind == FailureKind.LINK
    assert "no-such-host.invalid does not resolve" in failure.sentence


def test_it_says_that_nothing_listens(ssh_server: StartServer) -> None:
    failure = failure_of(hop_to(ssh_server(), port=free_port()))

    assert failure.kind == FailureKind.LINK
    assert "refuses connections" in failure.sentence


def test_it_says_that_nobody_answers(
    ssh_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "CONNECT_TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            failure = failure_of(hop_to(ssh_server(), port=port))

    assert failure.kind == FailureKind.TIMEOUT
    assert "does not answer" in failure.sentence


def test_it_says_that_the_server_does_not_speak_ssh(
    ssh_server: StartServer, mute_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "BANNER_TIMEOUT_S", 0.3)

    failure = failure_of(hop_to(ssh_server(), port=mute_port))

    assert failure.kind == FailureKind.TIMEOUT
    assert "does not speak SSH" in failure.sentence


def test_it_says_that_a_server_broke_off(
    ssh_server: StartServer, relay: Callable[..., Relay]
) -> None:
    server = ssh_server()
    line = relay(server.port)
    line.mode = "refuse"

    failure = failure_of(hop_to(server, port=line.port))

    assert failure.kind == FailureKind.LINK


def test_it_shows_both_fingerprints_of_a_host_key_mismatch(each_ssh_server: StartServer) -> None:
    shown, pinned = each_ssh_server(), each_ssh_server()

    failure = failure_of(hop_to(shown, host_key=pinned.host_key_line))

    assert failure.kind == FailureKind.HOST_KEY
    assert fingerprint(parse_host_key(shown.host_key_line)) in failure.sentence
    assert fingerprint(parse_host_key(pinned.host_key_line)) in failure.sentence


def test_it_says_that_the_pinned_kind_of_host_key_is_gone(each_ssh_server: StartServer) -> None:
    rsa = RSAKey.generate(2048)
    pinned = f"ssh-rsa {rsa.get_base64()}"

    failure = failure_of(hop_to(each_ssh_server(), host_key=pinned))

    assert failure.kind == FailureKind.HOST_KEY
    assert "has no ssh-rsa host key" in failure.sentence


def test_it_refuses_a_host_key_that_is_none(ssh_server: StartServer) -> None:
    failure = failure_of(hop_to(ssh_server(), host_key="ssh-dss AAAA"))

    assert failure.kind == FailureKind.CONFIGURATION
    assert "ssh-keyscan" in failure.sentence


def test_it_says_that_the_login_is_refused(each_ssh_server: StartServer) -> None:
    server, other = each_ssh_server(), each_ssh_server()

    failure = failure_of(hop_to(server, private_key=f"file:{other.private_key_path}"))

    assert failure.kind == FailureKind.AUTH
    assert "authorized_keys" in failure.sentence


def test_it_does_not_log_in_where_the_host_key_is_wrong(ssh_server: StartServer) -> None:
    shown, pinned = ssh_server(kind="openssh"), ssh_server()

    failure_of(hop_to(shown, host_key=pinned.host_key_line))

    assert "publickey" not in (shown.folder / "log").read_text()


def test_it_says_that_forwarding_is_forbidden(
    each_ssh_server: StartServer, database: tuple[str, int]
) -> None:
    server = each_ssh_server(("127.0.0.1", 1))

    with (
        connect_through([hop_to(server)]) as connection,
        pytest.raises(Failure, match="permitopen"),
    ):
        open_channel(connection.last, database)


def test_it_says_that_the_database_port_is_closed(each_ssh_server: StartServer) -> None:
    target = "127.0.0.1", free_port()
    server = each_ssh_server(target)

    with (
        connect_through([hop_to(server)]) as connection,
        pytest.raises(Failure, match=f"cannot connect to 127.0.0.1:{target[1]}"),
    ):
        open_channel(connection.last, target)


def test_it_shows_no_reference_of_a_hop(ssh_server: StartServer) -> None:
    assert "client_key" not in repr(hop_to(ssh_server()))
