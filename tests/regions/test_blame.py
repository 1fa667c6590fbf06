from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from fleet.demo.relay import Relay
from fleet.demo.servers import free_port
from regions.blame import blame_connection, blame_query
from regions.failures import Failure

pytestmark = pytest.mark.integration


def blame(**params: Any) -> Failure:
    """Connect in vain and return whose fault it is said to be."""
    login = {"host": "127.0.0.1", "user": "reader", "dbname": "fleet", "connect_timeout": 2}
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(**{**login, **params})
    return blame_connection(caught.value)


def said(failure: Failure) -> tuple[str, str]:
    return failure.kind, failure.sentence


@pytest.fixture
def stranger() -> Iterator[int]:
    """The port of a server that speaks HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _answer(server: socket.socket) -> None:
    try:
        while True:
            client, _address = server.accept()
            with client:
                client.recv(8)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    except OSError:
        return


def test_it_knows_a_closed_port() -> None:
    failure = blame(port=free_port())

    assert said(failure) == ("link", "The database refuses connections. Is it running?")


def test_it_knows_a_tunnel_that_is_not_there() -> None:
    assert said(blame(host="/nowhere")) == ("link", "The tunnel is not open.")


def test_it_knows_a_name_that_does_not_resolve() -> None:
    assert said(blame(host="nowhere.invalid")) == ("link", "The host's name does not resolve.")


def test_it_knows_a_cut_line(relay: Callable[..., Relay]) -> None:
    failure = blame(port=relay(free_port()).port)

    assert said(failure) == ("link", "The way to the database is cut.")


def test_it_knows_a_server_that_never_speaks(relay: Callable[..., Relay]) -> None:
    line = relay(free_port())
    line.mode = "silent"

    failure = blame(port=line.port)

    assert said(failure) == ("timeout", "The database accepts the connection but never answers.")


def test_it_knows_what_is_no_postgresql(stranger: int) -> None:
    failure = blame(port=stranger)

    assert said(failure) == (
        "configuration",
        "What answers there is no PostgreSQL. Check the path's host and port.",
    )


def test_it_knows_a_wrong_password(region_database: Callable[..., Any]) -> None:
    database = region_database()

    failure = blame(port=database.cluster.port, user=database.reader, password="wrong")

    assert said(failure) == (
        "auth",
        "The database refuses the reader's password. Set the right one.",
    )


def test_it_says_what_the_server_says(region_database: Callable[..., Any]) -> None:
    database = region_database()

    failure = blame(
        port=database.cluster.port,
        dbname="nowhere",
        user=database.reader,
        password=database.password,
    )

    assert said(failure) == (
        "auth",
        'The database refuses the reader: database "nowhere" does not exist',
    )


def test_it_knows_a_region_without_a_free_connection(region_database: Callable[..., Any]) -> None:
    database = region_database()
    database.execute(f'ALTER ROLE "{database.reader}" CONNECTION LIMIT 0')
    login = {"user": database.reader, "password": database.password, "dbname": database.name}

    failure = blame(port=database.cluster.port, **login)

    assert failure.kind == "region_error"
    assert "too many connections" in failure.sentence


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("connection failed: … failed: ВАЖНО:  роль «r» не существует", "auth"),
        ("connection failed: … failed: FATAL:  the database system is starting up", "link"),
        ("connection failed: … failed: something new", "link"),
    ],
)
def test_it_knows_whose_words_they_are(text: str, kind: str) -> None:
    assert blame_connection(psycopg.OperationalError(text)).kind == kind


def test_it_takes_a_value_that_python_cannot_hold_for_a_breach_of_contract() -> None:
    failure = blame_query(psycopg.DataError("timestamp too small"), asked_directly=True)

    assert said(failure) == (
        "contract",
        "The region sent values that do not fit: timestamp too small",
    )
