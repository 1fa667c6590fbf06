"""Why a region refused most of what it refused on a local day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

_TOP = """
SELECT r.id, c.reason, c.n
FROM unnest(%(ids)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
  AS r (id, starts_at, ends_at)
CROSS JOIN LATERAL (
  SELECT reason, sum(n) AS n FROM regions_hourlycause
  WHERE region_id = r.id AND hour >= r.starts_at AND hour < r.ends_at AND kind = 'rejected'
  GROUP BY reason ORDER BY sum(n) DESC, reason LIMIT 1) c"""


def top_rejections(
    days: Iterable[tuple[int, datetime, datetime]],
) -> dict[int, tuple[str, int]]:
    """Return by region the most frequent reason and how often it was given, in one query.

    `days` are regions' ids with the bounds of their local days. The reason is the region's text.
    """
    asked = list(days)
    ids, starts, ends = zip(*asked, strict=True) if asked else ((), (), ())
    with connection.cursor() as cursor:
        cursor.execute(_TOP, {"ids": list(ids), "starts": list(starts), "ends": list(ends)})
        return {pk: (reason, n) for pk, reason, n in cursor.fetchall()}
