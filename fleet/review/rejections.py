"""Why a region refused most of what it refused on a local day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from fleet.review.known import array_literal

_TOP = """
SELECT r.id, c.reason, c.n
FROM unnest(%(ids)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
  AS r (id, starts_at, ends_at)
CROSS JOIN LATERAL (
  SELECT reason, sum(n) AS n FROM regions_hourlycause
  WHERE region_id = r.id AND hour >= r.starts_at AND hour < r.ends_at AND kind = 'rejected'
  GROUP BY reason ORDER BY sum(n) DESC, reason LIMIT 1) c"""


def top_rejections(asked: Sequence[tuple[int, datetime, datetime]]) -> dict[int, tuple[str, int]]:
    """Return by region the most frequent reason and how often it was given, in one query.

    `asked` are regions' ids with the bounds of their local days. The reason is the region's text.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _TOP,
            {
                "ids": array_literal(region for region, _start, _end in asked),
                "starts": array_literal(start for _region, start, _end in asked),
                "ends": array_literal(end for _region, _start, end in asked),
            },
        )
        return {pk: (reason, n) for pk, reason, n in cursor.fetchall()}
