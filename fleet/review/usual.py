"""What is usual for a region on a weekday: its own days of the last eight weeks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usual:
    """The same weekdays of the eight weeks before, as far as they are known and over.

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
    latency_p95_s: float | None
