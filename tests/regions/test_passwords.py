from __future__ import annotations

from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from psycopg import sql

from fleet.demo.postgres import Cluster
from regions.passwords import new_password, verifier


def print_sql(file: Path) -> str:
    return str(call_command("contract_sql", "--password-file", str(file), stdout=StringIO()))


def test_it_keeps_a_new_password_for_the_center_alone(tmp_path: Path) -> None:
    file = tmp_path / "tver.password"

    printed = print_sql(file)

    password = file.read_text().strip()
    assert (len(password), file.stat().st_mode & 0o777) == (43, 0o600)
    assert password not in printed
    assert 'ALTER ROLE "fleet_reader" PASSWORD \'SCRAM-SHA-256$1:' in printed


def test_it_keeps_the_password_that_may_be_in_use(tmp_path: Path) -> None:
    file = tmp_path / "tver.password"
    file.write_text("old")

    with pytest.raises(CommandError, match="exists; its password may be in use"):
        print_sql(file)
    assert file.read_text() == "old"


def test_it_says_where_it_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        print_sql(tmp_path / "none" / "tver.password")


@pytest.mark.integration
def test_postgresql_admits_who_knows_the_password(region_cluster: Cluster) -> None:
    password = new_password()
    kept = sql.Literal(verifier(password)).as_string(None)
    region_cluster.execute(f"CREATE ROLE knows LOGIN PASSWORD {kept}")

    with psycopg.connect(region_cluster.url("postgres", "knows", password)) as connection:
        assert connection.info.user == "knows"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(region_cluster.url("postgres", "knows", new_password()))
    region_cluster.execute("DROP ROLE knows")
