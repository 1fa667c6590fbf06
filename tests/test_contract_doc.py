"""docs/contract.md says what the contract's SQL says, and its overlay works as it stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.core.management import call_command

from fleet.demo.postgres import Cluster
from fleet.demo.ssh import SshServer, available_kinds
from regions.contract import DERIVED_VIEWS, MAJOR, ROW_VIEWS, contract_sql, upgrade_sql
from regions.failures import Failure
from regions.ssh import Hop, SshConnection, connect_through, open_channel
from regions.tunnels import is_responsive
from tests.rig.contract_plans import plan_inside

PAGE = (Path(__file__).resolve().parent.parent / "docs/contract.md").read_text()
DATABASE, READER, PASSWORD = "contract_doc", "contract_doc_reader", "only-for-this-test"
PERM = ZoneInfo("Asia/Yekaterinburg")
# Two days ago at noon in Perm, within the window of the derived views.
NOON = (datetime.now(PERM) - timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)

ROWS = """
INSERT INTO app.device VALUES (1, 'Acme', 'M1');
INSERT INTO app.exam VALUES
  (1, '{0}:05', 'MG', 1, 4, 52, 'F'), (2, '{0}:59:59', 'MG', NULL, 4, 97, 'F'),
  (3, '{0}:30', 'MG', 1, 4, NULL, NULL), (4, '{0}:40', 'MG', 1, 4, 40, 'F');
INSERT INTO app.exam SELECT n, timestamp '{0}:00' - n * interval '1 hour', 'MG', 1, 4, 50, 'F'
  FROM generate_series(5, 2000) AS n;
INSERT INTO app.job VALUES
  (10, 1, 1, '2.4', '{0}:05', '{0}:05:10', '{0}:06', 'error', 'CUDA_OOM', 'gpu-1'),
  (11, 1, 2, '2.4', '{0}:07', '{0}:07:10', '{0}:08', 'ok', NULL, 'gpu-2'),
  (12, 2, 1, '2.4', '{0}:59:59', NULL, NULL, 'new', NULL, NULL),
  (13, 3, 1, '2.4', '{0}:30', '{0}:31', '{0}:32', 'not_for_us', NULL, 'gpu-1'),
  (14, 4, 1, '2.4', '{0}:40', '{0}:41', '{0}:42', 'asleep', NULL, 'gpu-1');
INSERT INTO app.result VALUES
  (20, 10, 'malignancy', 99, 50, '{0}:06'), (21, 11, 'malignancy', 73, 50, '{0}:08'),
  (22, 11, 'benign', 12, 50, '{0}:08');
INSERT INTO app.filtered VALUES (30, '{0}:15', 'not_mammography');
ANALYZE;
"""


def statements_of(section: str) -> str:
    """Return the SQL blocks of one of the page's sections, in order."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"^```sql\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))


def described_columns() -> dict[str, list[tuple[str, str]]]:
    """Return (column, type) in the page's order for each view that has a heading."""
    views = re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", PAGE, flags=re.MULTILINE | re.DOTALL)
    return {
        view: re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", text, flags=re.MULTILINE)
        for view, text in views
    }


@pytest.fixture
def perm(each_region_cluster: Cluster) -> Iterator[psycopg.Connection[Any]]:
    """The database of the page's example, everything installed, as its superuser."""
    each_region_cluster.create_database(DATABASE)
    with each_region_cluster.connect(DATABASE) as connection:
        connection.execute(contract_sql(READER, DATABASE).encode())
        connection.execute(f"ALTER ROLE {READER} PASSWORD '{PASSWORD}'".encode())
        connection.execute(statements_of("An overlay from start to end").encode())
        connection.execute(ROWS.format(f"{NOON:%Y-%m-%d %H}").encode())
        yield connection
    each_region_cluster.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    each_region_cluster.execute(f"DROP ROLE {READER}")


@pytest.fixture
def ask(
    perm: psycopg.Connection[Any], each_region_cluster: Cluster
) -> Iterator[Callable[..., list[Any]]]:
    """Return a function that asks the database as the reader, in a UTC session like the center."""
    url = each_region_cluster.url(DATABASE, READER, PASSWORD)
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        yield lambda query, *args: connection.execute(query, args).fetchall()


def test_it_describes_every_column_in_order(perm: psycopg.Connection[Any]) -> None:
    rows = perm.execute(
        "SELECT table_name, column_name, format_type(a.atttypid, a.atttypmod)"
        " FROM information_schema.columns c JOIN pg_attribute a ON a.attname = c.column_name"
        " AND a.attrelid = format('fleet_contract.%I', table_name)::regclass"
        " WHERE table_schema = 'fleet_contract' ORDER BY table_name, ordinal_position"
    ).fetchall()
    there: dict[str, list[tuple[str, str]]] = {}
    for view, *column in rows:
        there.setdefault(view, []).append(tuple(column))
    del there["input_range"], there["hour_series"]

    assert described_columns() == there


def test_it_names_every_view_of_the_contract() -> None:
    assert set(described_columns()) == {"contract_info", *ROW_VIEWS, *DERIVED_VIEWS}
    assert f"# The region contract, version {MAJOR}" in PAGE


@pytest.mark.integration
def test_it_counts_what_the_example_holds(ask: Callable[..., list[Any]]) -> None:
    row = ask(
        "SELECT n_received, n_filtered, flow FROM fleet_contract.hourly WHERE hour = %s", NOON
    )

    ((n_received, n_filtered, flow),) = row
    assert (n_received, n_filtered) == (4, 1)
    counts = {name: sum(part.get(name, 0) for part in flow) for name in "ndfrqu"}
    assert counts == {"n": 4, "d": 1, "f": 0, "r": 1, "q": 1, "u": 1}


@pytest.mark.integration
def test_it_scores_the_last_attempt_only(ask: Callable[..., list[Any]]) -> None:
    ((outputs,),) = ask("SELECT outputs FROM fleet_contract.hourly WHERE hour = %s", NOON)

    assert {(part["c"], part["n"], part.get("p", 0), part["g"]) for part in outputs} == {
        ("malignancy", 1, 1, "gpu-2"),
        ("benign", 1, 0, "gpu-2"),
    }


@pytest.mark.integration
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE app.device SET model = 'M2'",
        "UPDATE app.job SET state = 'ok' WHERE id = 14",
        "DELETE FROM app.result WHERE id = 22",
        "INSERT INTO app.filtered SELECT 31, at, 'blank' FROM app.filtered",
    ],
)
def test_it_sees_a_change_in_every_table(
    ask: Callable[..., list[Any]], perm: psycopg.Connection[Any], change: str
) -> None:
    query = "SELECT fingerprint FROM fleet_contract.hour_fingerprint WHERE hour = %s"
    before = ask(query, NOON)

    perm.execute(change.encode())

    assert ask(query, NOON) != before


@pytest.mark.integration
def test_it_finds_an_hour_by_the_index(perm: psycopg.Connection[Any]) -> None:
    plan = plan_inside(perm, "fingerprints_of_hours", NOON, 8)

    assert "exam_timezone_idx" in plan
    assert "Seq Scan on exam" not in plan


def test_it_prints_an_upgrade_that_leaves_overlay_and_reader_alone() -> None:
    printed = call_command("contract_sql", "--upgrade", stdout=StringIO())

    assert "VIEW fleet_contract.study " not in printed
    assert "ROLE" not in printed


@pytest.mark.integration
def test_it_upgrades_beneath_the_overlay(
    ask: Callable[..., list[Any]], perm: psycopg.Connection[Any]
) -> None:
    query = "SELECT * FROM fleet_contract.hour_check WHERE first_hour = %s AND n_hours = 1"
    before = ask(query, NOON)

    perm.execute(upgrade_sql().encode())

    assert ask(query, NOON) == before


@pytest.mark.integration
def test_it_counts_only_hours_that_are_not_known(perm: psycopg.Connection[Any]) -> None:
    query = "SELECT version FROM fleet_contract.hour_check WHERE first_hour = %s AND n_hours = %s"
    ((version,),) = perm.execute(query, (NOON, 1)).fetchall()

    with perm.transaction():
        perm.execute("SET LOCAL track_functions = 'pl'")
        query = "SELECT n_received FROM fleet_contract.hour_check WHERE first_hour = %s"
        query += " AND n_hours = 2 AND version <> ALL (%s)"
        perm.execute(query, (NOON - timedelta(hours=1), [version]))
        calls = perm.execute(
            "SELECT calls FROM pg_stat_xact_user_functions WHERE funcname = 'counts_of_hour'"
        ).fetchall()

    assert calls == [(1,)]


@pytest.mark.integration
@pytest.mark.parametrize("statement", ["SELECT * FROM app.exam", "CREATE TEMP TABLE t (x int)"])
def test_it_lets_the_reader_see_nothing_else(ask: Callable[..., list[Any]], statement: str) -> None:
    with pytest.raises(
        (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)
    ):
        ask(statement)


@pytest.fixture
def documented_login(
    ssh_server: Callable[..., SshServer], region_cluster: Cluster
) -> Iterator[SshConnection]:
    """A login at OpenSSH's server whose authorized_keys holds the page's line."""
    if "openssh" not in available_kinds():
        pytest.skip("OpenSSH's server is not installed: apt-get install openssh-server.")
    server = ssh_server(kind="openssh")
    (options,) = re.findall(r"^    (restrict,\S+) ssh-ed25519 ", PAGE, flags=re.MULTILINE)
    keys = server.folder / "authorized_keys"
    key = keys.read_text().partition(" ")[2]
    keys.write_text(f"{options.replace('5432', str(region_cluster.port))} {key}")
    reference = f"file:{server.private_key_path}"
    hop = Hop(server.host, server.port, server.user, reference, "", server.host_key_line)
    with connect_through([hop]) as connection:
        yield connection


@pytest.mark.integration
def test_it_forwards_to_the_database_by_the_documented_key(
    documented_login: SshConnection, region_cluster: Cluster
) -> None:
    open_channel(documented_login.last, ("127.0.0.1", region_cluster.port)).close()

    assert is_responsive(documented_login.last, timeout=5)


@pytest.mark.integration
def test_it_forwards_to_nothing_else(documented_login: SshConnection) -> None:
    with pytest.raises(Failure, match="permitopen"):
        open_channel(documented_login.last, ("127.0.0.1", 1))


@pytest.mark.integration
def test_it_runs_nothing_by_the_documented_key(documented_login: SshConnection) -> None:
    session = documented_login.last.open_session(timeout=5)
    session.settimeout(5)
    session.exec_command("echo in")

    assert session.makefile("rb").read() != b"in\n"
    assert session.recv_exit_status() == 1
