"""What is usual for a region on a weekday: its own days of the last eight weeks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from django.db import connection

from fleet.review.known import Span, array_literal
from regions.daysoff import Calendar

N_WEEKS = 8
FEWEST_DAYS = 3
_SAME_WEEKDAYS = """
SELECT d.region_id, array_agg(d.n_received),
  percentile_cont(0.5) WITHIN GROUP (
    ORDER BY (d.n_rejected + d.n_filtered)::float8 / nullif(d.n_received + d.n_filtered, 0))
    FILTER (WHERE r.is_high),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY d.n_fallback::float8 / nullif(d.n_done, 0))
    FILTER (WHERE r.is_high),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY d.latency_p95_s)
FROM unnest(%(ids)s::bigint[], %(before)s::date[], %(is_high)s::boolean[])
  AS r (id, before, is_high)
JOIN regions_dailyrollup d ON d.region_id = r.id AND d.day < r.before
LEFT JOIN unnest(%(unlike_ids)s::bigint[], %(unlike_days)s::date[]) AS u (id, day)
  ON u.id = d.region_id AND u.day = d.day
WHERE d.day = ANY (%(days)s) AND u.id IS NULL
GROUP BY d.region_id"""


class Usual(NamedTuple):
    """The same weekdays of the N_WEEKS before, as far as they are known and over.

    Holidays and the working days after them are left out. `n_received` and the rest are medians.
    `low` and `high` hold 90 of 100 days between them; None for fewer than FEWEST_DAYS days, and on
    a day after a holiday, which is not like its weekday. The shares are looked up only for those
    whose own share is high.
    """

    n_days: int
    n_received: float
    low: float | None
    high: float | None
    rejected_share: float | None
    fallback_share: float | None
    latency_p95_s: float | None

    @property
    def has_band(self) -> bool:
        """Whether the days are enough to judge by."""
        return self.n_days >= FEWEST_DAYS


def usuals(
    day: date, spans: Sequence[Span], calendars: Mapping[int, Calendar], high: Collection[int]
) -> dict[int, Usual]:
    """Return by the region's id what is usual on the day's weekday, in one query.

    A region of which no such day is known is left out. `high` are the ids of those whose share of
    refusals or fallbacks is to be held against the usual one.
    """
    days = [day - timedelta(weeks=n) for n in range(1, N_WEEKS + 1)]
    # Many regions keep the same calendar.
    unlike_days = cache(lambda calendar: [d for d in days if calendar.is_unlike_its_weekday(d)])
    is_unlike = cache(lambda calendar: calendar.is_unlike_its_weekday(day))
    unlike = [
        (span.region, then)
        for span in spans
        for then in unlike_days(calendars[span.region])
        if span.first_day <= then < span.before
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _SAME_WEEKDAYS,
            {
                "ids": array_literal(span.region for span in spans),
                "before": array_literal(span.before for span in spans),
                "is_high": array_literal(span.region in high for span in spans),
                "days": days,
                "unlike_ids": array_literal(region for region, _day in unlike),
                "unlike_days": array_literal(then for _region, then in unlike),
            },
        )
        rows = {region: rest for region, *rest in cursor.fetchall()}
    found = {}
    n_unlike = Counter(region for region, _day in unlike)
    for span in spans:
        if n_days := _n_days(day, span) - n_unlike[span.region]:
            received, *medians = rows.get(span.region, ((), *[None] * 3))
            # A known day without a row had no studies.
            values = sorted((*received, *[0] * (n_days - len(received))))
            has_band = n_days >= FEWEST_DAYS and not is_unlike(calendars[span.region])
            found[span.region] = _usual(values, medians, has_band)
    return found


def _n_days(day: date, span: Span) -> int:
    """Return how many of the days asked for lie in the span."""
    last = min(N_WEEKS, (day - span.first_day).days // 7)
    first = max(0, (day - span.before).days // 7)
    return max(0, last - first)


def _usual(received: Sequence[int], medians: Sequence[float | None], has_band: bool) -> Usual:
    n = len(received)
    median, low, high = (
        received[below] + (received[above] - received[below]) * rest
        for below, above, rest in _places(n)
    )
    return Usual(n, median, low if has_band else None, high if has_band else None, *medians)


@cache
def _places(n: int) -> list[tuple[int, int, float]]:
    """Return between which of n sorted values, and where, the median and the band's ends lie."""
    places = [part * (n - 1) for part in (0.5, 0.05, 0.95)]
    return [(int(at), min(int(at) + 1, n - 1), at % 1) for at in places]
