"""Regions in which answers are waited for that should be there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from fleet.alerts.detectors.watched import Values, Watched, hours_at_work
from fleet.alerts.models import Finding

DAY = timedelta(days=1)
# An answer may take an hour, or four times the region's usual 95th percentile.
PATIENCE, TIMES_USUAL = timedelta(hours=1), 4
LEAST_WAITING = 20
SHARE = 0.10
_WAITING = """
SELECT r.id, coalesce(sum(h.n_pending), 0), coalesce(sum(h.n_expected), 0)
FROM unnest(%(ids)s::bigint[], %(known)s::timestamptz[]) AS r (id, known)
CROSS JOIN LATERAL (
  SELECT make_interval(secs => greatest(%(patience)s, %(times)s * coalesce(
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d.latency_p95_s), 0))) AS usual
  FROM regions_dailyrollup d WHERE d.region_id = r.id
    AND d.day BETWEEN r.known::date - 35 AND r.known::date - 7) AS p
JOIN regions_hourlyrollup h ON h.region_id = r.id
  AND h.hour > r.known - p.usual - interval '25 hours'
  AND h.hour <= r.known - p.usual - interval '1 hour'
LEFT JOIN unnest(%(work_ids)s::bigint[], %(hours)s::timestamptz[]) AS w (id, hour)
  ON w.id = h.region_id AND w.hour = h.hour
WHERE w.id IS NULL
GROUP BY r.id"""


def waiting(regions: Sequence[Watched], now: datetime) -> list[Finding]:
    """Return the regions in which over a tenth of a day's answers, and 20, are overdue.

    The day ends where an answer may still be on its way. Score and limit are answers; one finding
    a local day.
    """
    by_id = {one.id: one for one in regions}
    worked = hours_at_work(regions, now - 3 * DAY, now)
    values: Values = {
        "ids": list(by_id),
        "known": [one.known_as_of for one in regions],
        "patience": PATIENCE.total_seconds(),
        "times": TIMES_USUAL,
        "work_ids": [region for region, _hour in worked],
        "hours": [hour for _region, hour in worked],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        rows = cursor.fetchall()
    found = []
    for region, n_waiting, n_expected in rows:
        one, limit = by_id[region], max(LEAST_WAITING, SHARE * n_expected)
        if n_waiting > limit and (begins_at := one.judged_from(one.day)):
            found.append(one.finding("backlog", begins_at, score=float(n_waiting), limit=limit))
    return found
