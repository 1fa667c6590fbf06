"""The review as CSV: the same rows under the same filters, for scripts and for Excel."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from fleet.review.asked import Asked
from fleet.review.day import RegionDay, ReviewDay
from fleet.review.groups import grouped
from fleet.review.numbers import Numbers
from fleet.review.sign_cells import SignCell, Signs

LONGEST_TEXT = 1000
# A spreadsheet takes a cell that begins so for a formula, in East Asia the broad forms too.
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
COLUMNS = (
    *(
        "date",
        "region",
        "name",
        "mark",
        "reason",
        "said",
        "also",
        "link",
        "freshness",
        "stale_hours",
    ),
    *("known_as_of_utc", "known_as_of_local", "day_starts_utc", "day_starts_local"),
    *("day_ends_utc", "day_ends_local", "time_zone", "studies", "usual_low", "usual_high"),
    *("answers", "done", "failed", "rejected", "filtered", "pending", "unknown", "fallback"),
    *("failed_share", "rejected_share", "fallback_share", "latency_p95_s", "wait_p95_s"),
    *("scored", "positive", "positive_share", "signed", "signed_by"),
)
NUMBERS = COLUMNS[COLUMNS.index("studies") : COLUMNS.index("signed")]
COUNTS = ("n_expected", "n_done", "n_failed", "n_rejected", "n_filtered", "n_pending")
Value = str | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class Flavour:
    """How values are written."""

    separator: str = ","
    decimal: str = "."
    begin: str = ""

    @classmethod
    def excel(cls, language: str) -> Self:
        """Return what Excel opens by a double click: a byte-order mark and semicolons."""
        return cls(";", "," if language.startswith("ru") else ".", "\ufeff")


def table(review: ReviewDay, asked: Asked, signs: Signs, flavour: Flavour) -> str:
    """Return a header and a line for each region that passes the filter, in the page's order.

    Stale numbers are left empty: `stale_hours` says how old the last known ones are.
    """
    out = io.StringIO()
    out.write(flavour.begin)
    writer = csv.writer(out, delimiter=flavour.separator, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for rows in grouped(review).values():
        for row in asked.chosen(rows):
            values = _values(row, review, signs.cells[row.region.pk])
            writer.writerow([_written(value, flavour) for value in values])
    return out.getvalue()


def _values(row: RegionDay, review: ReviewDay, sign: SignCell) -> Iterator[Value]:
    first, also = row.reasons[:1], " ".join(reason.sentence for reason in row.reasons[1:])
    yield from (review.day.isoformat(), row.region.code, row.region.name, row.mark.value)
    yield from (first[0].sentence, first[0].detail) if first else (None, None)
    yield from (also, row.link.state.value, row.freshness.value if row.freshness else None)
    is_stale = row.numbers is not None and not row.counts
    yield round(row.age / timedelta(hours=1), 1) if is_stale and row.age is not None else None
    for moment in (row.known_as_of, row.starts_at, row.ends_at):
        yield moment
        yield moment and _local(moment, row.region.zone)
    yield row.region.time_zone
    yield from _numbers(row) if row.counts and row.numbers else (None,) * len(NUMBERS)
    yield from (sign.state.value, sign.text)


def _numbers(row: RegionDay) -> Iterator[Value]:
    numbers = row.numbers or Numbers()
    yield numbers.n_received
    yield from (row.usual.low, row.usual.high) if row.usual else (None, None)
    yield from (getattr(numbers, name) for name in COUNTS)
    yield from (numbers.n_unknown, numbers.n_fallback)
    yield from (numbers.failed_share, numbers.rejected_share, numbers.fallback_share)
    yield from (numbers.latency_p95_s, numbers.wait_p95_s)
    yield from (numbers.n_scored, numbers.n_positive, numbers.positive_share)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds")


def _written(value: Value, flavour: Flavour) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}".replace(".", flavour.decimal)
    text = " ".join(value[:LONGEST_TEXT].replace("\0", "").split())
    return f"'{text}" if text.startswith(FORMULA) else text
