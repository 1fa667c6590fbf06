from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from fleet.demo.relay import Relay
from fleet.demo.servers import LOOPBACK


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that says back what it hears until the client ends."""
    server = socket.create_server((LOOPBACK, 0))

    def serve(client: socket.socket) -> None:
        with client, contextlib.suppress(ConnectionResetError):
            while data := client.recv(65536):
                client.sendall(data)

    def accept() -> None:
        while True:
            try:
                client, _address = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[client], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.fixture
def line(relay: Callable[..., Relay], echo_port: int) -> Relay:
    return relay(echo_port)


@pytest.fixture
def client(line: Relay) -> Iterator[socket.socket]:
    with socket.create_connection((line.host, line.port), timeout=5) as client:
        assert say(client, b"hello") == b"hello"
        yield client


def say(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return hear(client, len(words))


def hear(client: socket.socket, size: int) -> bytes:
    heard = b""
    while len(heard) < size and (data := client.recv(65536)):
        heard += data
    return heard


def test_it_forwards_both_ways_and_counts(line: Relay, client: socket.socket) -> None:
    assert (line.bytes_to_target, line.bytes_from_target) == (5, 5)


def test_it_keeps_order_and_size_of_a_long_transfer(line: Relay, client: socket.socket) -> None:
    line.delay = 0.005
    words = bytes(range(256)) * 20_000
    sender = threading.Thread(target=client.sendall, args=[words])
    sender.start()

    assert hear(client, len(words)) == words
    sender.join()


def test_it_delays_a_round_trip_by_twice_its_delay(line: Relay, client: socket.socket) -> None:
    line.delay = 0.05
    started = time.monotonic()

    say(client, b"hello")

    assert 0.1 <= time.monotonic() - started < 1


def test_it_charges_a_new_connection_its_handshake(line: Relay, client: socket.socket) -> None:
    line.delay = 0.05
    started = time.monotonic()

    with socket.create_connection((line.host, line.port), timeout=5) as another:
        say(another, b"hello")

    assert 0.2 <= time.monotonic() - started < 1


def test_it_refuses_new_connections(line: Relay, client: socket.socket) -> None:
    line.mode = "refuse"

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((line.host, line.port), timeout=5)
    assert say(client, b"still here") == b"still here"


def test_it_accepts_in_silence(line: Relay, client: socket.socket) -> None:
    line.mode = "silent"

    another = socket.create_connection((line.host, line.port), timeout=0.3)
    with another, pytest.raises(TimeoutError):
        say(another, b"anyone?")
    assert say(client, b"still here") == b"still here"


def test_it_goes_mute_and_delivers_what_it_held_afterwards(
    line: Relay, client: socket.socket
) -> None:
    line.mode = "mute"
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        say(client, b"anyone?")

    line.mode = "pass"

    assert hear(client, 7) == b"anyone?"


def test_it_listens_again_on_the_same_port(line: Relay) -> None:
    line.mode = "refuse"
    line.mode = "pass"

    with socket.create_connection((line.host, line.port), timeout=5) as client:
        assert say(client, b"hello") == b"hello"


def test_it_cuts_every_connection(line: Relay, client: socket.socket) -> None:
    assert line.cut() == 1

    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_it_passes_the_end_of_a_connection_on(line: Relay, client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)

    assert client.recv(1) == b""
    assert line.cut() == 0


def test_it_leaves_nobody_connected_who_came_as_it_stopped(echo_port: int) -> None:
    for _time in range(20):
        relay = Relay(LOOPBACK, echo_port)
        relay.start()
        clients = [socket.create_connection((LOOPBACK, relay.port), timeout=5) for _ in range(5)]
        relay.stop()

        for client in clients:
            with client, pytest.raises(ConnectionResetError):
                client.recv(1)
