"""Make an empty database into a sham region's: native tables, the contract, the overlay."""

from __future__ import annotations

import secrets
from pathlib import Path

from psycopg import Connection, sql

from fleet.demo.sham import ShamRegion
from regions.sql import sql_file

NATIVE = Path(__file__).parent / "native"
# What the simulator remembers of its own work; no vendor has it.
CLOCK = """
CREATE TABLE simulator_clock (anchor timestamptz NOT NULL, written_until timestamptz NOT NULL);
CREATE TABLE simulator_fault (name text NOT NULL, since timestamptz NOT NULL, until timestamptz)
"""


def install(connection: Connection, sham: ShamRegion) -> None:
    """Create the native tables, the contract's views and the overlay, in one transaction.

    The reader's role (the contract's third step) is the caller's.
    """
    with connection.transaction():
        connection.execute(CLOCK)
        connection.execute(_read(NATIVE / f"{sham.shape}.sql"))
        for step in ("1_stubs", "2_derived"):
            connection.execute(sql_file(f"contract/{step}.sql"))
        connection.execute(overlay(sham.shape, sham.code, sham.zone))


def overlay(shape: str, code: str, zone: str) -> sql.Composed:
    """Return the statements that lay the contract over the native tables of a shape."""
    return sql.SQL(_read(NATIVE / f"{shape}_overlay.sql")).format(
        code=sql.Literal(code), zone=sql.Literal(zone), key=sql.Literal(secrets.token_hex(32))
    )


def _read(path: Path) -> str:
    return path.read_text()
