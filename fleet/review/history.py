"""Thirty local days of a region up to the shown one, for its sparklines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

N_DAYS = 30


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
