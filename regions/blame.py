"""Say in one sentence what a database error means for the engineer, and whose fault it is. Pure."""

from __future__ import annotations

import re

import psycopg

from regions.failures import Failure
from regions.models.collection import FailureKind

LOST = "The connection was lost in the middle of the work; it is tried again."


def blame_connection(error: psycopg.OperationalError) -> Failure:
    """Return the failure behind an error raised while connecting to a region directly."""
    text = _last_line(error)
    if isinstance(error, psycopg.errors.ConnectionTimeout) or "timeout" in text:
        return Failure(
            FailureKind.TIMEOUT, "The database accepts the connection but never answers."
        )
    if "password authentication failed" in text or "no password supplied" in text:
        return Failure(
            FailureKind.AUTH, "The database refuses the reader's password. Set the right one."
        )
    if "Connection refused" in text:
        return Failure(FailureKind.LINK, "The database refuses connections. Is it running?")
    if "No such file or directory" in text:
        return Failure(FailureKind.LINK, "The tunnel is not open.")
    if re.search(r"could not translate host name|Name or service not known", text):
        return Failure(FailureKind.LINK, "The host's name does not resolve.")
    if re.search(r"server closed the connection|Connection reset|No route|unreachable", text):
        return Failure(FailureKind.LINK, "The way to the database is cut.")
    # Whatever else is said here, the server itself said it, perhaps in its own language.
    refusal = re.sub(r"^.*?: *[A-ZА-Я]+: *", "", text)
    return Failure(FailureKind.AUTH, f"The database refuses the reader: {refusal[:200]}")


def blame_query(error: psycopg.Error, *, asked_directly: bool = False) -> Failure:
    """Return the failure behind an error of a query through foreign tables, or asked directly."""
    state = error.sqlstate or ""
    is_remote = asked_directly or "remote SQL command" in (error.diag.context or "")
    first_line = _last_line(error)[:200]
    if state.startswith("08") or state in {"57P01", "57P02", "57P03"} or not state:
        return Failure(FailureKind.LINK, LOST)
    if state == "57014":
        return Failure(FailureKind.TIMEOUT, "The region's query took longer than it may.")
    if state.startswith("28"):
        return Failure(FailureKind.AUTH, f"The region refuses the reader: {first_line}")
    if state.startswith("42"):
        return Failure(FailureKind.CONTRACT, f"The region's views do not answer: {first_line}")
    if state.startswith("22") and not is_remote:
        return Failure(
            FailureKind.CONTRACT, f"The region sent values that do not fit: {first_line}"
        )
    if is_remote:
        return Failure(FailureKind.REGION_ERROR, f"The region's database says: {first_line}")
    return Failure(FailureKind.CENTER, f"Our own database says: {first_line}")


def _last_line(error: psycopg.Error) -> str:
    primary = error.diag.message_primary
    lines = (primary or str(error)).strip().splitlines() or [""]
    return lines[0] if primary else lines[-1]
