"""The foreign server, user mapping and tables of a region at the center: made, and repaired."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

from regions.contract import VIEWS, install_sql
from regions.models import AccessPath, Region
from regions.models.path import SOCKET_PORT
from regions.probe import reader_password
from regions.sessions import Endpoint, RegionSession
from regions.sql import named_statements

COLLECTING_ROLE = "fleet_collect"
# The role of the web process's list of studies, and all that it may read of a region.
STUDIES_ROLE = "fleet_studies"
STUDIES_VIEWS = ("study", "processing", "prediction")
# What names a patient's study elsewhere: only an export asks for it, of one study, in the region.
NOT_MIRRORED = frozenset({"study_uid"})
# keep_connections: the collector's sessions belong to one region each, so a kept connection is
# one, not one a session and region. The keepalives end a direct link that is cut in 5 to 6 s; one
# that is answered but not served, and a tunnel, the tunnel keeper closes.
SERVER_OPTIONS = {
    "connect_timeout": "5",
    "keepalives_idle": "3",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",
    "fetch_size": "10000",
    "keep_connections": "on",
    "async_capable": "true",
    "parallel_commit": "true",
    "updatable": "false",
    "truncatable": "false",
    "options": "-c statement_timeout=60000",
}


@contextmanager
def administering_connection() -> Iterator[psycopg.Connection[Any]]:
    """Yield one transaction at the center as the administering role."""
    url = settings.FLEET_ADMIN_DATABASE_URL
    if not url:
        raise ImproperlyConfigured(
            "Set FLEET_ADMIN_DATABASE_URL: this process creates foreign servers and views."
        )
    options = "-c statement_timeout=30000 -c lock_timeout=5000"
    with psycopg.connect(url, connect_timeout=5, options=options) as connection:
        yield connection


def ensure_foreign_server(session: RegionSession, region: Region, path: AccessPath) -> None:
    """Make the region's server, mapping and tables what they must be, if they are not.

    A session looks once, and again when something went wrong or the path or login is another.
    Raises Failure(CONFIGURATION) without a password.
    """
    endpoint = foreign_endpoint(path)
    # A reference may lead to another password from one collection to the next.
    password = reader_password(region)
    made_of = endpoint, region.database_name, region.database_user, password
    if session.server_made_of != made_of:
        _repair(session, region, endpoint, password)
        session.server_made_of = made_of


def _repair(session: RegionSession, region: Region, endpoint: Endpoint, password: str) -> None:
    """What server and tables were made of is kept as two hashes in the server's comment, so that
    another contract or password is noticed without reading the password back. A new path or
    password alters what is there; another contract, or damage, makes the tables anew.
    """
    host, port = endpoint
    options = SERVER_OPTIONS | {"host": host, "port": str(port), "dbname": region.database_name}
    login = {"user": region.database_user, "password": password}
    shape = _shape()
    mark = f"{shape} {_keyed_hash(options, login)}"
    row = session.center.execute(
        named_statements("queries.sql")["foreign_server"], {"server": region.foreign_schema}
    ).fetchone()
    found_mark, found_options, n_tables, is_mapped, is_there = row or ("", [], 0, False, False)
    is_whole = str(found_mark).startswith(shape) and (n_tables, is_mapped) == (len(VIEWS), True)
    is_at = set(found_options) == {f"{name}={value}" for name, value in options.items()}
    if is_whole and is_at and found_mark == mark:
        return
    with administering_connection() as admin:
        if is_whole and len(found_options) == len(options):
            _alter(admin, region.foreign_schema, options, login)
        else:
            if is_there:
                _drop(admin, region.foreign_schema)
            _create(admin, region.foreign_schema, options, login)
        admin.execute(
            sql.SQL("COMMENT ON SERVER {} IS {}").format(
                sql.Identifier(region.foreign_schema), sql.Literal(mark)
            )
        )


@cache
def _shape() -> str:
    return hashlib.sha256(install_sql().encode()).hexdigest()


def foreign_endpoint(path: AccessPath) -> Endpoint:
    """Return where the center's PostgreSQL finds the database.

    That is the path's socket, which the tunnel keeper closes when the region goes mute. A direct
    path does without while no keeper runs.
    """
    if (path.socket_folder / f".s.PGSQL.{SOCKET_PORT}").exists():
        return str(path.socket_folder), SOCKET_PORT
    return path.endpoint


def _drop(admin: psycopg.Connection[Any], name: str) -> None:
    """Union views that hold the region's tables go with them; their own task makes them anew."""
    admin.execute("SELECT pg_advisory_xact_lock(hashtext('fleet.union'))")
    server = sql.Identifier(name)
    admin.execute(sql.SQL("DROP SERVER IF EXISTS {} CASCADE").format(server))
    admin.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(server))


def _alter(
    admin: psycopg.Connection[Any], name: str, options: dict[str, str], login: dict[str, str]
) -> None:
    server = sql.Identifier(name)
    admin.execute(sql.SQL("ALTER SERVER {} OPTIONS ({})").format(server, _options(options, "SET")))
    for role in (COLLECTING_ROLE, STUDIES_ROLE):
        admin.execute(
            sql.SQL("ALTER USER MAPPING FOR {} SERVER {} OPTIONS ({})").format(
                sql.Identifier(role), server, _options(login, "SET")
            )
        )


def _create(
    admin: psycopg.Connection[Any], name: str, options: dict[str, str], login: dict[str, str]
) -> None:
    server, run = sql.Identifier(name), admin.execute
    run(
        sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({})").format(
            server, _options(options)
        )
    )
    run(sql.SQL("CREATE SCHEMA {}").format(server))
    for view, columns in view_columns(admin).items():
        run(
            sql.SQL("CREATE FOREIGN TABLE {}.{} ({}) SERVER {} OPTIONS ({})").format(
                server,
                sql.Identifier(view),
                sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
                    for column, kind in columns
                ),
                server,
                _options(table_options(view)),
            )
        )
    for role, views in ((COLLECTING_ROLE, VIEWS), (STUDIES_ROLE, STUDIES_VIEWS)):
        _admit(admin, name, role, views, login)


def _admit(
    admin: psycopg.Connection[Any],
    name: str,
    role: str,
    views: Iterable[str],
    login: dict[str, str],
) -> None:
    """Let the role read these views, with a mapping of its own."""
    server, grantee = sql.Identifier(name), sql.Identifier(role)
    admin.execute(
        sql.SQL("CREATE USER MAPPING FOR {} SERVER {} OPTIONS ({})").format(
            grantee, server, _options(login)
        )
    )
    admin.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(server, grantee))
    tables = sql.SQL(", ").join(sql.Identifier(name, view) for view in views)
    admin.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(tables, grantee))


def table_options(view: str) -> dict[str, str]:
    """Return a foreign table's options. The list of studies wants the first 51 rows of a day."""
    options = {"schema_name": "fleet_contract", "table_name": view}
    return options | {"fetch_size": "200"} if view in STUDIES_VIEWS else options


def view_columns(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[str, str]]]:
    """Return (column, type) in order for each view, as it is mirrored here."""
    columns: dict[str, list[tuple[str, str]]] = {view: [] for view in VIEWS}
    statement = named_statements("queries.sql")["columns"]
    for view, column, kind in connection.execute(statement, {"views": list(VIEWS)}):
        if column not in NOT_MIRRORED:
            columns[view].append((column, kind))
    return columns


def _options(options: dict[str, str], verb: str = "") -> sql.Composable:
    return sql.SQL(", ").join(
        sql.SQL("{} {} {}").format(sql.SQL(verb), sql.Identifier(name), sql.Literal(value))
        for name, value in options.items()
    )


def _keyed_hash(options: dict[str, str], login: dict[str, str]) -> str:
    made_of = repr((sorted(options.items()), sorted(login.items())))
    return hmac.new(settings.SECRET_KEY.encode(), made_of.encode(), hashlib.sha256).hexdigest()
