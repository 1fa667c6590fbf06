"""What each database role at the center may do, and above all what it may not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection as django_connection

from fleet.clock import now
from regions.collect import collect
from regions.contract import VIEWS
from regions.foreign_server import STUDIES_VIEWS, administering_connection
from regions.models import Region
from regions.sessions import close_idle_sessions
from regions.union import rebuild_union
from tests.rig.region_database import RegionDatabase
from tests.settings import ROLES

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
Connection = psycopg.Connection[Any]
ROLLUPS = [
    *("hourlyrollup", "hourlyflow", "hourlyoutput", "hourlycause"),
    *("dailyrollup", "dailyscore", "dailyinput", "dailycategory"),
    *("collection", "regionstatus", "unioncoverage"),
]
CREATE_SERVER = "CREATE SERVER rogue FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1')"
MAP_ITSELF = (
    "CREATE USER MAPPING FOR CURRENT_USER SERVER region_alpha OPTIONS (user 'x', password 'y')"
)
WRITES_ABROAD = [
    "INSERT INTO region_alpha.study (row_id) VALUES (1)",
    "UPDATE region_alpha.study SET modality = 'CR'",
    "DELETE FROM region_alpha.prediction",
    "TRUNCATE region_alpha.study",
]
FORBIDDEN_TO_THE_WEB = [
    "SELECT * FROM region_alpha.study",
    "SELECT * FROM fleet.union_study",
    MAP_ITSELF,
    CREATE_SERVER,
    "CREATE EXTENSION dblink",
    "CREATE SCHEMA rogue",
    "CREATE TABLE public.rogue ()",
    "CREATE TABLE fleet.rogue ()",
    "SET ROLE fleet_collect",
]
FORBIDDEN_TO_THE_COLLECTOR = [
    CREATE_SERVER,
    "ALTER SERVER region_alpha OPTIONS (SET host '127.0.0.1')",
    "CREATE SCHEMA rogue",
    "CREATE TABLE public.rogue ()",
    "CREATE TABLE region_alpha.rogue ()",
    "CREATE TABLE fleet_contract.rogue ()",
    "DROP TABLE regions_region",
    "SET ROLE fleet_admin",
    *WRITES_ABROAD,
]


FORBIDDEN_TO_THE_STUDIES = [
    CREATE_SERVER,
    MAP_ITSELF,
    "CREATE TABLE public.rogue ()",
    "SET ROLE fleet_collect",
    "ALTER SERVER region_alpha OPTIONS (SET host '127.0.0.1')",
]


@pytest.fixture
def collect_connection(db: None) -> Iterator[Connection]:
    with psycopg.connect(os.environ["FLEET_DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def alpha(
    region_database: Callable[..., RegionDatabase], make_region: Callable[..., Region]
) -> None:
    """A region that has been collected, with one study, in the union views."""
    database = region_database("alpha")
    database.insert_study(now() - timedelta(hours=1))
    collect(make_region(database), now())
    rebuild_union(now(), is_forced=True)


def refused(connection: Connection, *statements: str) -> list[str]:
    """Run each statement and return those for which the right was missing."""
    missing = []
    for statement in statements:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            missing.append(statement)
    return missing


def test_it_needs_no_superuser(collect_connection: Connection) -> None:
    powers = collect_connection.execute(
        "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
        " FROM pg_roles WHERE rolname = ANY (%s)",
        [list(ROLES)],
    )

    assert dict(powers.fetchall()) == dict.fromkeys(ROLES, False)


def test_it_makes_nobody_but_the_administrator_a_member_of_another_role(
    collect_connection: Connection,
) -> None:
    members = collect_connection.execute(
        "SELECT member::regrole::text, roleid::regrole::text FROM pg_auth_members"
        " WHERE member::regrole::text LIKE 'fleet%'"
    )

    assert members.fetchall() == [("fleet_admin", "fleet_collect")]


def test_it_lets_the_web_read_what_was_collected_and_not_write_it(
    web_connection: Connection,
) -> None:
    tables = [f"regions_{name}" for name in ROLLUPS]
    writes = [f"DELETE FROM {table}" for table in tables]
    writes += [f"UPDATE {table} SET region_id = 1" for table in tables]
    writes += [f"INSERT INTO {table} DEFAULT VALUES" for table in [*tables, "regions_tunnelstate"]]

    assert refused(web_connection, *writes) == writes
    assert refused(web_connection, *(f"SELECT * FROM {table}" for table in tables)) == []


@pytest.mark.usefixtures("alpha")
def test_it_keeps_the_web_from_the_regions(web_connection: Connection) -> None:
    assert refused(web_connection, *FORBIDDEN_TO_THE_WEB) == FORBIDDEN_TO_THE_WEB


@pytest.mark.usefixtures("alpha")
def test_it_maps_the_collector_and_the_list_of_studies_alone(
    collect_connection: Connection,
) -> None:
    mappings = collect_connection.execute("SELECT srvname, usename FROM pg_user_mappings")

    assert sorted(mappings.fetchall()) == [
        ("region_alpha", "fleet_collect"),
        ("region_alpha", "fleet_studies"),
    ]


@pytest.mark.usefixtures("alpha")
def test_it_shows_the_list_of_studies_three_views_of_a_region(
    studies_connection: Connection,
) -> None:
    reads = [f"SELECT * FROM region_alpha.{view}" for view in VIEWS]
    allowed = [f"SELECT * FROM region_alpha.{view}" for view in STUDIES_VIEWS]

    assert sorted({*reads} - {*refused(studies_connection, *reads)}) == sorted(allowed)


@pytest.mark.usefixtures("alpha")
def test_it_shows_the_list_of_studies_nothing_of_the_center(
    studies_connection: Connection,
) -> None:
    tables = django_connection.introspection.table_names()
    reads = [f"SELECT * FROM {table}" for table in tables]
    reads += [f"SELECT * FROM fleet.union_{view}" for view in VIEWS]

    assert refused(studies_connection, *reads) == reads


@pytest.mark.usefixtures("alpha")
@pytest.mark.parametrize("statement", [*WRITES_ABROAD, *FORBIDDEN_TO_THE_STUDIES])
def test_it_lets_the_list_of_studies_write_nowhere(
    studies_connection: Connection, statement: str
) -> None:
    studies_connection.execute("SET default_transaction_read_only = off")

    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType)):
        studies_connection.execute(statement.encode())


def test_it_keeps_the_list_of_studies_short_and_read_only(studies_connection: Connection) -> None:
    names = ("statement_timeout", "default_transaction_read_only", "idle_session_timeout")
    shown = [studies_connection.execute(f"SHOW {name}".encode()).fetchone() for name in names]

    assert shown == [("5s",), ("on",), ("30s",)]


def test_it_repairs_a_lost_mapping(alpha: None, collect_connection: Connection) -> None:
    with administering_connection() as admin:
        admin.execute("DROP USER MAPPING FOR fleet_studies SERVER region_alpha")
    close_idle_sessions()

    collect(Region.objects.get(), now())

    mappings = collect_connection.execute("SELECT count(*) FROM pg_user_mappings")
    assert mappings.fetchone() == (2,)


@pytest.mark.usefixtures("alpha")
def test_it_shows_a_regions_password_to_no_login(
    web_connection: Connection,
    adhoc_connection: Connection,
    collect_connection: Connection,
    studies_connection: Connection,
) -> None:
    for connection in (web_connection, adhoc_connection, collect_connection, studies_connection):
        options = connection.execute("SELECT umoptions FROM pg_user_mappings")
        assert options.fetchall() == [(None,), (None,)]


@pytest.mark.usefixtures("alpha")
def test_it_keeps_the_collector_to_its_work(collect_connection: Connection) -> None:
    assert refused(collect_connection, *FORBIDDEN_TO_THE_COLLECTOR) == FORBIDDEN_TO_THE_COLLECTOR


@pytest.mark.usefixtures("alpha")
def test_it_writes_to_no_region_even_as_the_administrator() -> None:
    for statement in WRITES_ABROAD:
        with pytest.raises(psycopg.Error), administering_connection() as admin:
            admin.execute(statement.encode())


@pytest.mark.usefixtures("alpha")
def test_it_lets_ad_hoc_sql_read_the_union_views_only(adhoc_connection: Connection) -> None:
    assert adhoc_connection.execute("SELECT count(*) FROM fleet.union_study").fetchone() == (1,)
    closed = ("region_alpha.study", "regions_region", "regions_dailyrollup", "auth_user")
    reads = [f"SELECT * FROM {relation}" for relation in closed]
    assert refused(adhoc_connection, *reads) == reads


@pytest.mark.usefixtures("alpha")
def test_it_ends_ad_hoc_sql_that_takes_too_long(adhoc_connection: Connection) -> None:
    assert adhoc_connection.execute("SHOW statement_timeout").fetchone() == ("30s",)
    assert adhoc_connection.execute("SHOW idle_session_timeout").fetchone() == ("2min",)


@pytest.mark.usefixtures("alpha")
def test_it_writes_to_no_union_view(collect_connection: Connection) -> None:
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        collect_connection.execute("DELETE FROM fleet.union_study")
