from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from fleet.demo import postgres
from fleet.demo.postgres import Cluster
from fleet.demo.servers import ServerError

pytestmark = pytest.mark.integration


@pytest.fixture
def cluster(server_folder: Path) -> Cluster:
    return Cluster(server_folder / "cluster")


def test_it_has_postgres_fdw_in_both_versions(each_region_cluster: Cluster) -> None:
    rows = each_region_cluster.execute(
        "SELECT 1 FROM pg_available_extensions WHERE name = 'postgres_fdw'"
    )

    assert rows == [(1,)]


def test_it_finds_its_rows_and_its_port_after_a_restart(cluster: Cluster) -> None:
    cluster.start()
    cluster.execute("CREATE TABLE t AS SELECT 7 AS n")
    cluster.stop()
    again = Cluster(cluster.folder)
    again.start()

    try:
        assert again.execute("SELECT n FROM t") == [(7,)]
        assert again.port == cluster.port
    finally:
        again.stop()


def test_it_says_whether_it_runs(cluster: Cluster) -> None:
    cluster.start()
    assert cluster.is_running

    cluster.stop()

    assert not cluster.is_running


def test_it_asks_for_the_password(region_cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(region_cluster.url("postgres", "postgres", "guess"))


def test_it_accepts_a_unix_socket(region_cluster: Cluster) -> None:
    url = region_cluster.superuser_url().replace("127.0.0.1", "").rsplit("@", 1)[0]

    with psycopg.connect(
        f"{url}@/postgres", host=str(region_cluster.socket_folder), port=region_cluster.port
    ) as connection:
        assert connection.execute("SELECT inet_client_addr()").fetchone() == (None,)


def test_it_runs_the_last_of_several_statements_and_returns_its_rows(
    region_cluster: Cluster,
) -> None:
    assert region_cluster.execute("SELECT 1; SELECT 2") == [(2,)]


def test_it_leaves_a_database_that_is_there(region_cluster: Cluster) -> None:
    region_cluster.create_database("kept")

    region_cluster.create_database("kept")

    assert region_cluster.execute("SELECT 1", "kept") == [(1,)]


def test_it_refuses_a_folder_too_long_for_a_socket(server_folder: Path) -> None:
    with pytest.raises(ServerError, match="Choose a shorter folder"):
        Cluster(server_folder / ("x" * 100)).start()


def test_it_refuses_a_port_that_is_taken(server_folder: Path, region_cluster: Cluster) -> None:
    with pytest.raises(ServerError, match=f"Port {region_cluster.port} is taken"):
        Cluster(server_folder / "cluster", port=region_cluster.port).start()


def test_it_quotes_what_stands_in_a_url() -> None:
    assert (
        Cluster(Path("/x"), port=1).url("a b", "c@d", "e/f")
        == f"postgresql://c%40d:e%2Ff@{postgres.LOOPBACK}:1/a%20b"
    )
