"""The list of one region's studies, read live through its foreign tables as fleet_studies.

Every text that comes back has been cut in the region, and nothing of a patient is asked for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.rows import dict_row

from regions.answers import Answer, Key, Order
from regions.blame import blame_connection, blame_query
from regions.deadline import hard_deadline
from regions.failures import Failure
from regions.localday import day_bounds
from regions.models import FailureKind, Region
from regions.sql import named_statements

PAGE_SIZE = 50
# The whole of it, connecting included. The center's own limit is lower, so that a slow region is
# told to stop; a mute one can be told nothing, and our socket is shut at the deadline.
DEADLINE_S = 5.0
STATEMENT_TIMEOUT_MS = 4500
CONNECT_TIMEOUT_S = 2
# The planner knows nothing of the region's tables: whatever it guesses, the work is done there.
SHIP_IT_ALL = ("nestloop", "hashjoin", "mergejoin", "hashagg")
PLACE = re.compile(r"{(\w+)}")
TOO_MANY = re.compile(r"too many connections for role|слишком много подключений для роли")
NO_TABLE_YET = frozenset({"3F000", "42P01", "42501", "42704"})
MOVED_ON = frozenset({"42P01", "42703", "3F000"})


# What each order sorts by, downwards, and which answers it holds: fragments of studies.sql.
_FRAGMENTS = {
    Order.LATEST: ("received_at", "all"),
    Order.FAILED: ("received_at", "failed"),
    Order.SLOWEST: ("latency", "timed"),
    Order.SCORE: ("score", "scored"),
}


class Reason(StrEnum):
    """Why a list could not be read."""

    NOT_SET_UP = "not_set_up"
    BUSY = "busy"
    NOT_READY = "not_ready"
    CLOSED = "closed"
    TIMEOUT = "timeout"
    NOT_PROVIDED = "not_provided"
    REFUSED = "refused"
    CENTER = "center"


class StudiesUnread(Exception):
    """`detail` is the technical sentence behind the reason, or empty."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class StudyPage:
    """Up to PAGE_SIZE answers, the key of the next page or None, and how long reading took."""

    answers: tuple[Answer, ...]
    after: Key | None
    seconds: float


def study_page(
    region: Region,
    day: date,
    order: Order = Order.LATEST,
    *,
    class_code: str = "",
    model_code: str = "",
    after: Key | None = None,
) -> StudyPage:
    """Return a page of the answers of one local day, read from the region within DEADLINE_S.

    A class or model keeps the answers that were scored so. A failed answer has no scores that
    count, so that order knows neither. Raises StudiesUnread.
    """
    began = time.monotonic()
    starts_at, ends_at = day_bounds(day, region.zone)
    params = {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "class_code": class_code,
        "model_code": model_code,
        "after_value": after.value if after else None,
        "after_study": after.study_id if after else None,
        "after_attempt": after.attempt_id if after else None,
        "n": PAGE_SIZE + 1,
    }
    statement = sql.SQL(statement_of(order)).format(schema=sql.Identifier(region.foreign_schema))
    with _center(began) as center, center.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement, params).fetchall()
    answers = tuple(map(Answer.of, rows[:PAGE_SIZE]))
    next_key = answers[-1].key if len(rows) > PAGE_SIZE else None
    return StudyPage(answers, next_key, time.monotonic() - began)


@cache
def statement_of(order: Order) -> str:
    """Return the order's statement, in which only {schema} is open."""
    named = named_statements("studies.sql")
    value, wanted = _FRAGMENTS[order]
    return _fill(named["answers"], {**named, "value": named[value], "wanted": named[wanted]})


def _fill(text: str, fragments: dict[str, str]) -> str:
    filled = PLACE.sub(lambda place: fragments.get(place[1], place[0]), text)
    return filled if filled == text else _fill(filled, fragments)


@contextmanager
def _center(began: float) -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection of this one reading, and turn every error of it into StudiesUnread."""
    if not settings.FLEET_STUDIES_DATABASE_URL:
        raise StudiesUnread(Reason.NOT_SET_UP)
    connection = _connect()
    left = DEADLINE_S - (time.monotonic() - began)
    try:
        with hard_deadline(connection, left, "reading the list of studies"):
            yield connection
    except Failure as failure:
        raise _unread(failure) from None
    except psycopg.Error as error:
        raise _blame(error) from None
    finally:
        connection.close()


def _connect() -> psycopg.Connection[Any]:
    planning = [f"-c enable_{step}=off" for step in SHIP_IT_ALL]
    try:
        return psycopg.connect(
            settings.FLEET_STUDIES_DATABASE_URL,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name="fleet studies",
            options=" ".join([f"-c statement_timeout={STATEMENT_TIMEOUT_MS}", *planning]),
            autocommit=True,
            prepare_threshold=None,
        )
    except psycopg.OperationalError as error:
        if TOO_MANY.search(str(error)):
            raise StudiesUnread(Reason.BUSY) from None
        raise StudiesUnread(Reason.CENTER, blame_connection(error).sentence) from None


def _blame(error: psycopg.Error) -> StudiesUnread:
    """Return why, by what the center's PostgreSQL said of itself or of the region."""
    state = error.sqlstate or ""
    is_remote = "remote SQL command" in (error.diag.context or "")
    if state in NO_TABLE_YET and not is_remote:
        return StudiesUnread(Reason.NOT_READY)
    if state in MOVED_ON:
        return StudiesUnread(Reason.NOT_PROVIDED, blame_query(error).sentence)
    if state == "08001":
        # What libpq said to the center's PostgreSQL stands in the detail.
        said = psycopg.OperationalError(error.diag.message_detail or "")
        return _unread(blame_connection(said))
    return _unread(blame_query(error))


def _unread(failure: Failure) -> StudiesUnread:
    reasons = {
        FailureKind.LINK: Reason.CLOSED,
        FailureKind.TIMEOUT: Reason.TIMEOUT,
        FailureKind.CENTER: Reason.CENTER,
    }
    return StudiesUnread(reasons.get(failure.kind, Reason.REFUSED), failure.sentence)
