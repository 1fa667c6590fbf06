"""Reach a region's database by the first path that works, and check that it is what we expect."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from fleet.clock import now as read_clock
from regions.blame import blame_query
from regions.contract import MAJOR, REQUIRED_VIEWS, VIEWS, Columns, Facts, compare_columns
from regions.credentials import CredentialError, reveal
from regions.deadline import hard_deadline
from regions.failures import Failure
from regions.models import AccessPath, FailureKind, Region
from regions.sessions import RegionSession
from regions.sql import named_statements

FACTS_TIMEOUT_S = 10
MAX_CLOCK_SKEW = timedelta(minutes=5)
SAID = [field.name for field in fields(Facts) if field.name != "clock_skew_s"]


def reach_region(
    session: RegionSession, region: Region, paths: list[AccessPath], known_hash: str
) -> tuple[AccessPath, str]:
    """Return the first of `paths` that works, and the hash of the columns found there.

    Raises the first path's Failure when none does.

    `known_hash` is the hash of the columns that were last found good, so that they are compared
    one by one only after a change.
    """
    if not paths:
        raise Failure(FailureKind.NO_PATH, "The region has no path: its data are carried by hand.")
    password = reader_password(region)
    failures = []
    for path in paths:
        try:
            connection, facts = _open_and_ask(session, region, path, password)
            check_contract(region, facts)
            check_clock(facts)
            if facts.columns_hash != known_hash:
                compare_columns(contract_columns(session.center), contract_columns(connection))
            return path, facts.columns_hash
        except Failure as failure:
            session.leave()
            failures.append(_explain_tunnel(path, failure))
    raise failures[0]


def _open_and_ask(
    session: RegionSession, region: Region, path: AccessPath, password: str
) -> tuple[psycopg.Connection[Any], Facts]:
    """Ask over the warm connection, and once more over a new one when the warm one has died."""
    if session.is_at(region, path.endpoint, password):
        try:
            connection = session.reach(region, path.endpoint, password)
            return connection, ask_facts(connection)
        except Failure as failure:
            if failure.kind not in {FailureKind.LINK, FailureKind.TIMEOUT}:
                raise
            session.leave()
    connection = session.reach(region, path.endpoint, password)
    return connection, ask_facts(connection)


def ask_facts(connection: psycopg.Connection[Any]) -> Facts:
    """Return what the region says of itself, in one round trip with a hard deadline."""
    sent_at = read_clock()
    try:
        with (
            hard_deadline(connection, FACTS_TIMEOUT_S, "asking for the region's contract"),
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            row = cursor.execute(named_statements("queries.sql")["facts"]).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        raise Failure(
            FailureKind.CONTRACT,
            f"The region has no contract of version {MAJOR}: install it (manage.py contract_sql).",
        ) from None
    except psycopg.Error as error:
        raise blame_query(error, asked_directly=True) from None
    return facts_of(row, sent_at)


def facts_of(row: dict[str, Any] | None, sent_at: datetime) -> Facts:
    """Return the facts in a row that was asked for at `sent_at` and has just come.

    Raises Failure(CONTRACT) when there is none.
    """
    if row is None:
        raise Failure(
            FailureKind.CONTRACT, "contract_info has no row: the overlay is not installed."
        )
    middle = sent_at + (read_clock() - sent_at) / 2
    said = {name: row[name] for name in SAID}
    return Facts(clock_skew_s=(row["region_now"] - middle).total_seconds(), **said)


def check_facts(region: Region, facts: Facts, columns_hash: str) -> None:
    """Raise Failure when this is not the region, or not the contract that was found good."""
    check_contract(region, facts)
    check_clock(facts)
    if facts.columns_hash != columns_hash:
        raise Failure(
            FailureKind.CONTRACT, "The region's contract has just changed; it is looked at again."
        )


def check_contract(region: Region, facts: Facts) -> None:
    """Raise Failure(CONTRACT) when this is not the region, or not the contract, that we expect."""
    if facts.major != MAJOR:
        raise Failure(
            FailureKind.CONTRACT,
            f"The region has contract {facts.major}.{facts.minor}; we understand version {MAJOR}."
            " Install that version (manage.py contract_sql).",
        )
    if facts.region_code != region.code:
        raise Failure(
            FailureKind.CONTRACT,
            f"This database says that it is “{str(facts.region_code)[:40]}”, not “{region.code}”:"
            " the path leads to the wrong region, or contract_info is wrong.",
        )
    if facts.site_tz != region.time_zone:
        raise Failure(
            FailureKind.CONTRACT,
            f"The region's zone is {str(facts.site_tz)[:40]} there and {region.time_zone} here."
            " Make them equal.",
        )
    offset = read_clock().astimezone(region.zone).utcoffset() or timedelta()
    if facts.utc_offset_s != offset.total_seconds():
        raise Failure(
            FailureKind.CONTRACT,
            f"The region's PostgreSQL puts {region.time_zone} {facts.utc_offset_s / 3600:g} h from"
            f" UTC, we {offset.total_seconds() / 3600:g} h. Update its time zone data.",
        )
    if missing := REQUIRED_VIEWS - set(facts.provides):
        raise Failure(
            FailureKind.CONTRACT,
            f"contract_info.provides lacks {', '.join(sorted(missing))}: overlay them and say so.",
        )


def check_clock(facts: Facts) -> None:
    """Raise Failure(REGION_ERROR) when the region's clock is too far from ours."""
    if abs(facts.clock_skew_s) > MAX_CLOCK_SKEW.total_seconds():
        raise Failure(
            FailureKind.REGION_ERROR,
            f"The region's clock is off by {facts.clock_skew_s:+.0f} s. Set it (NTP).",
        )


def reader_password(region: Region) -> str:
    """Return the password of the region's reader; raise Failure(CONFIGURATION) without one."""
    try:
        return reveal(region.database_password)
    except CredentialError as error:
        raise Failure(FailureKind.CONFIGURATION, f"The reader's password: {error}") from error


def _explain_tunnel(path: AccessPath, failure: Failure) -> Failure:
    """Return the keeper's reason where the path's tunnel is what is broken."""
    tunnel = getattr(path, "tunnel", None) if path.kind == AccessPath.Kind.SSH else None
    if tunnel and tunnel.failure and failure.kind in {FailureKind.LINK, FailureKind.TIMEOUT}:
        return Failure(FailureKind(tunnel.failure), tunnel.sentence)
    return failure


def contract_columns(connection: psycopg.Connection[Any]) -> Columns:
    """Return the columns of the contract's views as this database shows them."""
    statement = named_statements("queries.sql")["columns"]
    with hard_deadline(connection, FACTS_TIMEOUT_S, "comparing the contract's columns"):
        return connection.execute(statement, {"views": list(VIEWS)}).fetchall()
