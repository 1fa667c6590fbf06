"""Say in one sentence what a database error means for the engineer, and whose fault it is. Pure."""

from __future__ import annotations

import re

import psycopg

from regions.failures import Failure
from regions.models.collection import FailureKind

LOST = "The connection was lost in the middle of the work; it is tried again."
REFUSED_LOGIN = "The database refuses the reader's password. Set the right one."


def blame_connection(error: psycopg.OperationalError) -> Failure:
    """Return the failure behind an error raised while connecting to a region directly."""
    text = _last_line(error)
    if isinstance(error, psycopg.errors.ConnectionTimeout) or "timeout" in text:
        return Failure(
            FailureKind.TIMEOUT, "The database accepts the connection but never answers."
        )
    # What the server itself says begins with a severity, perhaps in its own language.
    if refusal := re.search(r"failed: [A-ZА-Я]+: +(.*)", text):
        return _blame_refusal(refusal[1])
    if "no password supplied" in text:
        return Failure(FailureKind.AUTH, REFUSED_LOGIN)
    if "Connection refused" in text:
        return Failure(FailureKind.LINK, "The database refuses connections. Is it running?")
    if "No such file or directory" in text:
        return Failure(FailureKind.LINK, "The tunnel is not open.")
    if re.search(r"failed to resolve|Name or service not known", text):
        return Failure(FailureKind.LINK, "The host's name does not resolve.")
    if "invalid response to SSL negotiation" in text:
        return Failure(
            FailureKind.CONFIGURATION,
            "What answers there is no PostgreSQL. Check the path's host and port.",
        )
    if re.search(r"server closed the connection|Connection reset|No route|unreachable", text):
        return Failure(FailureKind.LINK, "The way to the database is cut.")
    return Failure(FailureKind.LINK, f"The database cannot be reached: {text[:200]}")


def _blame_refusal(said: str) -> Failure:
    if "password authentication failed" in said:
        return Failure(FailureKind.AUTH, REFUSED_LOGIN)
    if re.search(r"database system is (starting up|shutting down|in recovery)", said):
        return Failure(FailureKind.LINK, "The database is starting or shutting down.")
    if re.search(r"too many (connections|clients)|connection slots", said):
        return Failure(
            FailureKind.REGION_ERROR, f"The database has no connection left for us: {said[:200]}"
        )
    return Failure(FailureKind.AUTH, f"The database refuses the reader: {said[:200]}")


def blame_query(error: psycopg.Error, *, asked_directly: bool = False) -> Failure:
    """Return the failure behind an error of a query through foreign tables, or asked directly."""
    state = error.sqlstate or ""
    is_remote = asked_directly or "remote SQL command" in (error.diag.context or "")
    first_line = _last_line(error)[:200]
    is_misfit = isinstance(error, psycopg.DataError | psycopg.IntegrityError)
    if is_misfit and not (state and is_remote):
        return Failure(
            FailureKind.CONTRACT, f"The region sent values that do not fit: {first_line}"
        )
    if state.startswith("08") or state in {"57P01", "57P02", "57P03"} or not state:
        return Failure(FailureKind.LINK, LOST)
    if state == "57014":
        return Failure(FailureKind.TIMEOUT, "The region's query took longer than it may.")
    if state.startswith("28"):
        return Failure(FailureKind.AUTH, f"The region refuses the reader: {first_line}")
    if state.startswith("42"):
        return Failure(FailureKind.CONTRACT, f"The region's views do not answer: {first_line}")
    if is_remote:
        return Failure(FailureKind.REGION_ERROR, f"The region's database says: {first_line}")
    return Failure(FailureKind.CENTER, f"Our own database says: {first_line}")


def _last_line(error: psycopg.Error) -> str:
    """Return what is said last, without the hints that libpq indents."""
    if primary := error.diag.message_primary:
        return primary.splitlines()[0]
    lines = [line for line in str(error).splitlines() if not line.startswith("\t")]
    return lines[-1].strip() if lines else ""
