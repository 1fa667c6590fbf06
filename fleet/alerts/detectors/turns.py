"""Who judges takes turns: two of one sort never judge at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection


class Turn(IntEnum):
    """The advisory lock of each: any number that no other lock of the center has."""

    WATCHING = 0x776174636865
    JUDGING_DAYS = 0x6A7564676564


@contextmanager
def turn(which: Turn) -> Iterator[bool]:
    """Hold the right to judge; False at once when somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [which])
        is_ours = bool(cursor.fetchone()[0])
        try:
            yield is_ours
        finally:
            if is_ours:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [which])
