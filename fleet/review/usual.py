"""What is usual for a region on a weekday: its own days of the last eight weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from fleet.review.known import Span

N_WEEKS = 8
FEWEST_DAYS = 3
# Known days without a row had no studies. `before` is the first day that is not wholly known.
_USUAL = """
SELECT r.id, count(*), percentile_cont(ARRAY[0.5, 0.05, 0.95]) WITHIN GROUP (
    ORDER BY coalesce(d.n_received, 0)),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY d.n_positive::float8 / nullif(d.n_scored, 0)),
  percentile_cont(0.5) WITHIN GROUP (
    ORDER BY d.n_failed::float8 / nullif(d.n_expected - d.n_pending, 0)),
  percentile_cont(0.5) WITHIN GROUP (
    ORDER BY (d.n_rejected + d.n_filtered)::float8 / nullif(d.n_received + d.n_filtered, 0)),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY d.n_fallback::float8 / nullif(d.n_done, 0)),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY d.latency_p95_s)
FROM unnest(%(ids)s::bigint[], %(first_days)s::date[], %(before)s::date[])
  AS r (id, first_day, before)
CROSS JOIN unnest(%(days)s::date[]) AS w (day)
LEFT JOIN regions_dailyrollup d ON d.day = w.day AND d.region_id = r.id
WHERE w.day >= r.first_day AND w.day < r.before
GROUP BY r.id"""


@dataclass(frozen=True, slots=True)
class Usual:
    """The same weekdays of the N_WEEKS before, as far as they are known and over.

    `n_received` and the rest are medians. `low` and `high` hold 90 of 100 days between them;
    None for fewer than FEWEST_DAYS days.
    """

    n_days: int
    n_received: float
    low: float | None
    high: float | None
    positive_share: float | None
    failed_share: float | None
    rejected_share: float | None
    fallback_share: float | None
    latency_p95_s: float | None

    @property
    def has_band(self) -> bool:
        """Whether the days are enough to judge by."""
        return self.n_days >= FEWEST_DAYS


def usuals(day: date, spans: Sequence[Span]) -> dict[int, Usual]:
    """Return by the region's id what is usual on the day's weekday, in one query.

    A region of which no such day is known is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _USUAL,
            {
                "ids": [span.region for span in spans],
                "first_days": [span.first_day for span in spans],
                "before": [span.before for span in spans],
                "days": [day - timedelta(weeks=n) for n in range(1, N_WEEKS + 1)],
            },
        )
        return {
            region: _usual(n_days, band, rest) for region, n_days, band, *rest in cursor.fetchall()
        }


def _usual(n_days: int, band: Sequence[float], medians: Sequence[float | None]) -> Usual:
    median, low, high = band
    has_band = n_days >= FEWEST_DAYS
    return Usual(n_days, median, low if has_band else None, high if has_band else None, *medians)
