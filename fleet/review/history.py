"""Thirty local days of a region up to the shown one, for its sparklines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple, Self

from django.db import connection

from fleet.review.known import Span, array_literal
from fleet.review.numbers import Numbers
from regions.daysoff import Calendar

N_DAYS = 30
# Known days without a row had no studies. `before` is the first day that is not wholly known.
_PASTS = """
SELECT r.id,
  array_agg(CASE WHEN g.day >= r.first_day AND g.day < r.before
    THEN coalesce(d.n_received, 0) END ORDER BY g.day),
  array_agg(d.n_failed::float8 / nullif(d.n_expected - d.n_pending, 0) ORDER BY g.day),
  array_agg(d.n_positive::float8 / nullif(d.n_scored, 0) ORDER BY g.day)
FROM unnest(%(ids)s::bigint[], %(first_days)s::date[], %(before)s::date[])
  AS r (id, first_day, before)
CROSS JOIN unnest(%(days)s::date[]) AS g (day)
LEFT JOIN regions_dailyrollup d
  ON d.day = g.day AND d.region_id = r.id AND g.day >= r.first_day AND g.day < r.before
GROUP BY r.id"""


class Past(NamedTuple):
    """The series of the days before the shown one, the oldest first."""

    n_received: Sequence[int | None]
    failed_share: Sequence[float | None]
    positive_share: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class History:
    """N_DAYS values of each series, the shown day last; None where nobody knows.

    A closed day may have values too. The last day may be running still.
    """

    last_day: date
    n_received: tuple[int | None, ...]
    failed_share: tuple[float | None, ...]
    positive_share: tuple[float | None, ...]
    is_closed: tuple[bool, ...]

    @classmethod
    def of(cls, past: Past, day: date, numbers: Numbers | None, calendar: Calendar) -> Self:
        """Return the past with the shown day, whose `numbers` are None if they do not count."""
        return cls(
            day,
            (*past.n_received, numbers.n_received if numbers else None),
            (*past.failed_share, numbers.failed_share if numbers else None),
            (*past.positive_share, numbers.positive_share if numbers else None),
            tuple(calendar.is_off(d) for d in (*_days_before(day), day)),
        )


UNKNOWN = Past(*[[None] * (N_DAYS - 1)] * 3)


def pasts(day: date, spans: Sequence[Span]) -> dict[int, Past]:
    """Return by the region's id what came before the day, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PASTS,
            {
                "ids": array_literal(span.region for span in spans),
                "first_days": array_literal(span.first_day for span in spans),
                "before": array_literal(span.before for span in spans),
                "days": _days_before(day),
            },
        )
        return {region: Past(*series) for region, *series in cursor.fetchall()}


@lru_cache(maxsize=4)
def _days_before(day: date) -> list[date]:
    return [day - timedelta(days=n) for n in range(N_DAYS - 1, 0, -1)]
