"""The region contract: what a region installs, and whether what it shows is what we need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from regions.failures import Failure
from regions.models.collection import FailureKind
from regions.sql import sql_file

MAJOR = 1
ROW_VIEWS = (
    "study",
    "processing",
    "prediction",
    "processing_step",
    "input_rejection",
    "health_check",
    "inventory",
    "event_log",
)
DERIVED_VIEWS = ("region_facts", "hour_fingerprint", "hour_check", "hourly", "daily_profile")
VIEWS = ROW_VIEWS + DERIVED_VIEWS
REQUIRED_VIEWS = frozenset({"study", "processing", "prediction"})

# A view's columns in order, as (view, column, type).
Columns = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Facts:
    """What a region says of itself in one round trip."""

    major: int
    minor: int
    region_code: str
    site_tz: str
    provides: list[str]
    utc_offset_s: float
    clock_skew_s: float
    server_version: int
    columns_hash: str
    latest_received_at: datetime | None


def install_sql() -> str:
    """Return the contract's views: typed stubs and what is derived from them."""
    return sql_file("contract/1_stubs.sql") + "\n" + upgrade_sql()


def upgrade_sql() -> str:
    """Return what brings an installed contract up to date: the overlay stays as it is."""
    return sql_file("contract/2_derived.sql")


def password_sql(reader: str, verifier: str) -> str:
    """Return what makes the region keep this of the reader's password."""
    return (
        sql.SQL("ALTER ROLE {} PASSWORD {};\n")
        .format(sql.Identifier(reader), sql.Literal(verifier))
        .as_string(None)
    )


def contract_sql(reader: str, database: str) -> str:
    """Return all that a region's administrator runs: views, then the reading role."""
    role = sql_file("contract/3_reader.sql")
    for word, name in (("{reader}", reader), ("{database}", database)):
        role = role.replace(word, sql.Identifier(name).as_string(None))
    return install_sql() + "\n" + role


def compare_columns(needed: Columns, shown: Columns) -> None:
    """Raise Failure when a needed column is gone or of another type; more columns are welcome."""
    types = {(view, column): kind for view, column, kind in shown}
    for view, column, kind in needed:
        found = types.get((view, column))
        if found is None:
            raise Failure(
                FailureKind.CONTRACT,
                f"The region's view {view} has no column {column}. Add it to the overlay.",
            )
        if found != kind:
            raise Failure(
                FailureKind.CONTRACT,
                f"Column {view}.{column} of the region is {found}; the contract needs {kind}.",
            )
