"""Whose turn it is in a region: one worker at a time, by a lock that its death lets go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

import psycopg
from django.db import connections

from regions.models import Region

CONNECT_TIMEOUT_S = 5


class Duty(IntEnum):
    """What a turn is for; different duties do not wait for each other."""

    TRANSFER = 7_311
    LOOK_UP = 7_312
    PACK = 7_313


class Turn:
    """A lock that a session of PostgreSQL holds for us, however long we work."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def is_ours(self) -> bool:
        """Whether the session is still there; another worker may hold the lock if it is not."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True


@contextmanager
def turn(region: Region, duty: Duty) -> Iterator[Turn | None]:
    """Yield the region's turn, or None when another worker has it."""
    params = connections["default"].settings_dict
    with psycopg.connect(
        host=params["HOST"],
        port=params["PORT"],
        dbname=params["NAME"],
        user=params["USER"],
        password=params["PASSWORD"],
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name="fleet export",
        tcp_user_timeout=10_000,
        autocommit=True,
        prepare_threshold=None,
    ) as connection:
        asked = "SELECT pg_try_advisory_lock(%s, %s)"
        row = connection.execute(asked, (int(duty), region.pk)).fetchone()
        yield Turn(connection) if row and row[0] else None
