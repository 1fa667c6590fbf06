"""How many answers of a day were slow, by what is usual in the region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

# Eight weeks, the last one before the day left out, and the day.
N_DAYS = 64
# A latency that is usually short may double without being felt.
TIMES_USUAL, SLOWER_BY_S = 2, 30
# Bin b of latencies begins at 0.01 · 10^(b / 25.6) seconds, as the contract says.
_SLOW = """
WITH usual AS (
  SELECT region_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_p95_s) AS p95
  FROM regions_dailyrollup WHERE region_id = ANY (%(ids)s) AND day < %(last)s - 7
    AND day > %(last)s - %(n_days)s GROUP BY region_id),
limits AS (
  SELECT region_id, least(127, ceil(25.6 * log((greatest(p95 * %(times)s, p95 + %(by)s) / 0.01)
    ::numeric)))::int AS first FROM usual WHERE p95 IS NOT NULL)
SELECT d.region_id, d.day, d.n_done - d.n_bad_latency,
  coalesce((SELECT sum(n) FROM unnest(d.latency_histogram[l.first + 1:128]) AS n), 0)
FROM regions_dailyrollup d JOIN limits l USING (region_id)
WHERE d.day > %(last)s - %(n_days)s - 2"""


def slow_answers(
    ids: Sequence[int], last: date, n_days: int = N_DAYS
) -> list[tuple[int, date, int, int]]:
    """Return (region's id, day, answers, slow ones) of the `n_days` up to `last`.

    Slow is beyond twice the usual 95th percentile, and by half a minute at least.
    """
    values: dict[str, Any] = {
        "ids": list(ids),
        "last": last,
        "n_days": n_days,
        "times": TIMES_USUAL,
        "by": SLOWER_BY_S,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SLOW, values)
        rows: list[tuple[int, date, int, int]] = cursor.fetchall()
    return rows
