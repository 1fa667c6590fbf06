from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fleet.demo.postgres import Cluster
from fleet.demo.servers import ServerError, give
from regions.directlines import DirectLines, Line
from tests.rig.region_database import RegionDatabase

pytestmark = pytest.mark.integration


@pytest.fixture
def lines() -> Iterator[DirectLines]:
    started = DirectLines()
    started.start()
    yield started
    started.close()


@pytest.fixture
def line(server_folder: Path, region_cluster: Cluster) -> Line:
    return Line(1, "127.0.0.1", region_cluster.port, server_folder / "alpha-1")


@pytest.fixture
def encrypting(server_folder: Path) -> Iterator[Cluster]:
    """A cluster that encrypts what arrives over TCP."""
    cluster = Cluster(server_folder / "region", flavour="system")
    try:
        cluster.start()
    except ServerError as error:
        pytest.skip(f"The wheel's PostgreSQL does not encrypt, and {error}")
    write_certificate(cluster.data)
    cluster.execute("ALTER SYSTEM SET ssl = on")
    cluster.execute("SELECT pg_reload_conf()")
    yield cluster
    cluster.stop()


def write_certificate(folder: Path) -> None:
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "region")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for name_, content in (
        ("server.crt", certificate.public_bytes(Encoding.PEM)),
        ("server.key", private),
    ):
        (folder / name_).write_bytes(content)
        give(folder / name_, 0o600)


def connect(line: Line, database: str, user: str, password: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(line.folder), port=5432, dbname=database, user=user, password=password
    )


def test_it_carries_a_large_answer(
    lines: DirectLines, line: Line, region_database: Callable[..., RegionDatabase]
) -> None:
    database = region_database()
    lines.follow([line])

    with connect(line, database.name, database.reader, database.password) as reader:
        answer = reader.execute("SELECT repeat('x', 5000000)").fetchone()

    assert answer is not None
    assert len(answer[0]) == 5_000_000


def test_it_encrypts_where_the_region_can(
    lines: DirectLines, line: Line, encrypting: Cluster
) -> None:
    line = Line(1, "127.0.0.1", encrypting.port, line.folder)
    encrypting.execute("CREATE ROLE reader LOGIN PASSWORD 'secret'")
    lines.follow([line])

    with connect(line, "postgres", "reader", "secret") as reader:
        answer = reader.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")

        assert answer.fetchone() == (True,)


def test_it_ends_connections_and_sockets_with_the_path(
    lines: DirectLines,
    line: Line,
    region_database: Callable[..., RegionDatabase],
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = region_database()
    lines.follow([line])
    with connect(line, database.name, database.reader, database.password) as reader:
        lines.follow([])

        with pytest.raises(psycopg.OperationalError):
            reader.execute("SELECT 1")

    assert not line.folder.exists()
    assert not caplog.records


def test_it_ends_a_connection_that_is_still_dialling(lines: DirectLines, line: Line) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket(socket.AF_UNIX) as near:
        silent.settimeout(5)
        near.settimeout(5)
        slow = Line(1, "127.0.0.1", silent.getsockname()[1], line.folder)
        lines.follow([slow])
        near.connect(str(slow.socket))
        far, _address = silent.accept()
        with far:
            lines.follow([])

            assert near.recv(1) == b""


def test_it_ends_a_connection_whose_region_refuses(lines: DirectLines, line: Line) -> None:
    nowhere = Line(1, "127.0.0.1", 1, line.folder)
    lines.follow([nowhere])

    with pytest.raises(psycopg.OperationalError, match="closed the connection"):
        connect(nowhere, "postgres", "reader", "secret")


def test_it_replaces_the_socket_of_a_keeper_that_was_killed(
    lines: DirectLines, line: Line, region_database: Callable[..., RegionDatabase]
) -> None:
    database = region_database()
    line.folder.mkdir()
    line.socket.touch()
    lines.follow([line])

    with connect(line, database.name, database.reader, database.password) as reader:
        assert reader.execute("SELECT 1").fetchone() == (1,)
