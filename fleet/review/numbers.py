"""The counts of one region's hour or local day, and the shares that people read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, Self


class Numbers(NamedTuple):
    """Counts of studies and answers; latencies and waits in seconds, None without answers."""

    n_received: int = 0
    n_filtered: int = 0
    n_expected: int = 0
    n_done: int = 0
    n_failed: int = 0
    n_rejected: int = 0
    n_pending: int = 0
    n_unknown: int = 0
    n_fallback: int = 0
    n_bad_latency: int = 0
    n_scored: int = 0
    n_positive: int = 0
    n_capped: int = 0
    latency_p50_s: float | None = None
    latency_p95_s: float | None = None
    latency_p99_s: float | None = None
    wait_p50_s: float | None = None
    wait_p95_s: float | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the numbers of a rollup read by `values(*NUMBERS)`."""
        return cls(*[row[name] for name in NUMBERS])

    @classmethod
    def total(cls, parts: Iterable[Numbers]) -> Self:
        """Return the sums of the counts. Latencies stay None: percentiles cannot be added."""
        # The counts are the first of the numbers.
        return cls(*map(sum, islice(zip(*parts, strict=True), len(COUNTS))))

    @property
    def n_settled(self) -> int:
        """Answers that wait for nothing any more."""
        return self.n_expected - self.n_pending

    @property
    def n_sent(self) -> int:
        """Studies, and what was refused before it became one."""
        return self.n_received + self.n_filtered

    @property
    def failed_share(self) -> float | None:
        """Failed of settled answers."""
        return share(self.n_failed, self.n_settled)

    @property
    def rejected_share(self) -> float | None:
        """Refused, as a study or before it became one, of all that was sent."""
        return share(self.n_rejected + self.n_filtered, self.n_sent)

    @property
    def fallback_share(self) -> float | None:
        """Done by a fallback, of done."""
        return share(self.n_fallback, self.n_done)

    @property
    def positive_share(self) -> float | None:
        """Positive, of scored."""
        return share(self.n_positive, self.n_scored)


NUMBERS = Numbers._fields
COUNTS = tuple(name for name in NUMBERS if name.startswith("n_"))


def share(part: int, whole: int) -> float | None:
    """Return part of whole, from 0 to 1; None, not zero, when there is no whole."""
    return part / whole if whole > 0 else None


def known_numbers(
    row: Mapping[str, Any] | None,
    known_as_of: datetime | None,
    starts_at: datetime,
    *,
    was_collected: bool,
) -> Numbers | None:
    """Return the numbers of an hour or a day that begins at `starts_at`.

    Those of its row; without a row zeros, if the region's rows are known as of a later moment
    and the region was being collected by then; else None: nobody knows.
    """
    if row is not None:
        return Numbers.of(row)
    is_known = was_collected and known_as_of is not None and known_as_of > starts_at
    return Numbers() if is_known else None
