"""Thirty local days of a region up to the shown one, for its sparklines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Self

from django.db import connection

from fleet.review.known import Span, array_literal
from fleet.review.numbers import Numbers
from regions.daysoff import Calendar

N_DAYS = 30
# `before` is the first day that is not wholly known.
_PASTS = """
SELECT d.region_id, d.day, d.n_received, d.n_failed::float8 / nullif(d.n_expected - d.n_pending, 0),
  d.n_positive::float8 / nullif(d.n_scored, 0)
FROM unnest(%(ids)s::bigint[], %(before)s::date[]) AS r (id, before)
JOIN regions_dailyrollup d ON d.region_id = r.id AND d.day < r.before
WHERE d.day BETWEEN %(first)s AND %(last)s"""


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
            _closed_days(calendar, day),
        )


_GAP = (None, None, None)
UNKNOWN = Past(*[[None] * (N_DAYS - 1)] * 3)


def pasts(day: date, spans: Sequence[Span]) -> dict[int, Past]:
    """Return by the region's id what came before the day, in one query."""
    days = _days_before(day)
    with connection.cursor() as cursor:
        cursor.execute(
            _PASTS,
            {
                "ids": array_literal(span.region for span in spans),
                "before": array_literal(span.before for span in spans),
                "first": days[0],
                "last": days[-1],
            },
        )
        rows = cursor.fetchall()
    found: dict[int, dict[date, Sequence[Any]]] = defaultdict(dict)
    for region, then, *series in rows:
        found[region][then] = series
    return {span.region: _past(span, days, found[span.region]) for span in spans}


def _past(span: Span, days: Sequence[date], found: Mapping[date, Sequence[Any]]) -> Past:
    # Known days without a row had no studies.
    gaps = ((0, None, None) if span.first_day <= day < span.before else _GAP for day in days)
    return Past(*zip(*map(found.get, days, gaps), strict=True))


@lru_cache(maxsize=1000)
def _closed_days(calendar: Calendar, day: date) -> tuple[bool, ...]:
    # Many regions keep the same calendar.
    return tuple(calendar.is_off(d) for d in (*_days_before(day), day))


@lru_cache(maxsize=4)
def _days_before(day: date) -> list[date]:
    return [day - timedelta(days=n) for n in range(N_DAYS - 1, 0, -1)]
