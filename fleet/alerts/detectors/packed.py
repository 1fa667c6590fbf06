"""Arrays of many days in one value, read without a Python number for each of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import psycopg
from django.db import connection

from regions.drift.arrays import Floats

# So many regions' days are held at once, about 30 MB.
PART = 8
# What PostgreSQL sends of an array: its shape, and the length of each number before it.
_HEAD, _LENGTH = "V20", ">i4"
INTEGERS, FLOATS = ">i4", ">f8"


def packed_rows(
    asked: str, regions: Sequence[int], values: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query of `%(regions)s`, asked of eight regions at a time.

    `string_agg(array_send(…), '')` comes as bytes, for `unpacked`.
    """
    connection.ensure_connection()
    for first in range(0, len(regions), PART):
        # Django's own cursors send text only.
        with psycopg.Cursor(connection.connection) as cursor:
            of_part = {**values, "regions": list(regions[first : first + PART])}
            yield from cursor.execute(asked, of_part, binary=True)


def unpacked(arrays: bytes, length: int, numbers: str) -> Floats:
    """Return arrays of so many numbers each, none of them null, as (N, length).

    Raises ValueError when one of them has another length.
    """
    one = np.dtype([("length", _LENGTH), ("number", numbers)])
    each = np.dtype([("head", _HEAD), ("numbers", one, length)])
    return np.frombuffer(arrays, dtype=each)["numbers"]["number"].astype(np.float64)
