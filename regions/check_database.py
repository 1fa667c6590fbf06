"""The steps of a check that ask the region's database, each with the remedy when it fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from regions.contract import compare_columns
from regions.deadline import hard_deadline
from regions.failures import Failure
from regions.models import FailureKind, Region
from regions.probe import ask_facts, check_clock, check_contract, contract_columns
from regions.sql import named_statements

QUERY_TIMEOUT_S = 60
# A table this small may be read as a whole for every hour.
SMALL_TABLE_ROWS = 10_000
SLOW_BUCKET_S = 5.0


@dataclass(frozen=True)
class Asked:
    """A region, its database as the reader sees it, and our own with our copy of the contract."""

    region: Region
    database: psycopg.Connection[Any]
    center: psycopg.Connection[Any]


def check_role(asked: Asked) -> str:
    """The reader can read and nothing else."""
    user = asked.region.database_user
    row = _ask(asked, "rights").fetchone()
    if row is None:
        raise _too_mighty(f"{user} is no role of its own", "Make a reader: manage.py contract_sql")
    is_super, is_mighty, may_create_schemas, may_create_views, is_read_only = row
    if is_super:
        raise _too_mighty(f"{user} is a superuser", "Make a reader: manage.py contract_sql")
    if is_mighty:
        raise _too_mighty(
            f"{user} may create databases or roles, replicate or pass by row security",
            f"ALTER ROLE {user} NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
        )
    if may_create_schemas:
        raise _too_mighty(
            f"{user} may create schemas", f"REVOKE CREATE ON DATABASE … FROM PUBLIC, {user}"
        )
    if may_create_views:
        raise _too_mighty(
            f"{user} may create in fleet_contract",
            f"REVOKE CREATE ON SCHEMA fleet_contract FROM PUBLIC, {user}",
        )
    if writable := _ask(asked, "writable").fetchone():
        raise _too_mighty(
            f"{user} may write to {writable[0]}",
            f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {writable[0]} FROM PUBLIC, {user}",
        )
    if not is_read_only:
        raise _too_mighty(
            f"{user}'s transactions are not read-only by default",
            f"ALTER ROLE {user} SET default_transaction_read_only = on",
        )
    return f"{user} reads and cannot write."


def check_columns(asked: Asked) -> str:
    """The contract is the region's own, of our version, with every column that we need."""
    facts = ask_facts(asked.database)
    check_contract(asked.region, facts)
    compare_columns(contract_columns(asked.center), contract_columns(asked.database))
    return f"Version {facts.major}.{facts.minor}, provides {', '.join(facts.provides)}."


def check_skew(asked: Asked) -> str:
    """The region's clock is right."""
    facts = ask_facts(asked.database)
    check_clock(facts)
    return f"The region's clock is {facts.clock_skew_s:+.1f} s from ours."


def check_index(asked: Asked) -> str:
    """The rows of one hour are found by an index."""
    row = _ask(asked, "plan_of_an_hour").fetchone()
    for node in _nodes(row[0][0]["Plan"] if row else {}):
        if node["Node Type"] not in {"Seq Scan", "Parallel Seq Scan"}:
            continue
        table = f"{node['Schema']}.{node['Relation Name']}"
        count = _ask(
            asked, "table_rows", schema=node["Schema"], table=node["Relation Name"]
        ).fetchone()
        if count and count[0] > SMALL_TABLE_ROWS:
            raise Failure(
                FailureKind.CONTRACT,
                f"For one hour the region reads all {count[0]:,.0f} rows of {table}. Create an"
                " index there on the column that the overlay shows as received_at, or by which it"
                " joins (study_ref, attempt_ref), and compare columns as they are stored.",
            )
    return "The rows of one hour are found by index."


def time_bucket(asked: Asked) -> str:
    """One hour is computed in a bearable time."""
    busiest = _ask(asked, "busiest_hour").fetchone()
    if busiest is None:
        return "No hour to compute."
    hour, n_versions = busiest
    started = time.monotonic()
    _ask(asked, "one_hour", hour=hour).fetchall()
    seconds = time.monotonic() - started
    if seconds > SLOW_BUCKET_S:
        raise Failure(
            FailureKind.TIMEOUT,
            f"The hour from {hour:%Y-%m-%d %H:%M%z} with {n_versions} rows takes {seconds:.1f} s."
            " Look at EXPLAIN ANALYZE of fleet_contract.hourly for that hour: an index is missing"
            " behind processing.study_ref or prediction.attempt_ref, or the overlay computes.",
        )
    return f"The busiest of the last 72 hours, {n_versions} rows, takes {seconds:.2f} s."


def _ask(asked: Asked, name: str, **params: object) -> psycopg.Cursor[Any]:
    with hard_deadline(asked.database, QUERY_TIMEOUT_S, "checking the region"):
        return asked.database.execute(named_statements("check.sql")[name], params)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if plan:
        yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _too_mighty(what: str, remedy: str) -> Failure:
    return Failure(
        FailureKind.CONFIGURATION, f"{what}; the center must be unable to write. {remedy}."
    )
