"""Which days make a fleet's newest day and its references, and the rows added up over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import scipy

from regions.drift.arrays import Counts, Flags, Floats, Ints
from regions.drift.comparison import (
    Comparison,
    compare_categories,
    compare_numeric,
    side_by_side,
)
from regions.drift.inputs import FleetDay
from regions.drift.references import lagged_days, own_days, pooled_days


class Window(IntEnum):
    """The day, the day with those before it while they have few studies, and both references."""

    TODAY = 0
    POOLED = 1
    OWN = 2
    LAGGED = 3


@dataclass(frozen=True)
class Summed:
    """Rows added up over each window, (W, K, B), and the series of each row, (K,): a histogram for
    each device model, or a count (B = 1) for each category."""

    rows: Floats
    series: Ints

    def of(self, window: Window, series: int) -> Floats:
        """Return the rows (K', B) of one series over one window."""
        rows: Floats = self.rows[window][self.series == series]
        return rows


@dataclass(frozen=True)
class Series:
    """The fleet's series, (S,): those of histograms first, then those of categories.

    `group` is the group whose days a series shares, any for one that has no rows today; the others
    are as in `inputs.FleetDay`.
    """

    n_numeric: int
    group: Ints
    feature: Ints
    is_off: Flags
    is_excluded: Flags
    tested: Floats = field(default_factory=lambda: np.empty(0))


def windows(n: Counts, is_off: Flags, is_usable: Flags, is_quarantined: Flags) -> Flags:
    """Return the days (W, T, G) of each window for groups of series that share their days.

    `n` (T, G) studies, `is_off` (T, G) weekends and holidays. Days that are not usable (unfinished,
    worked on, before a restart) are in no window; quarantined ones, in a confirmed alert, in no
    reference.
    """
    today = np.zeros_like(is_off)
    today[-1] = True
    pooled = pooled_days(np.where(is_usable, n, 0), is_off)
    own = own_days(is_off, is_quarantined) & ~pooled
    lagged = lagged_days(is_off, is_quarantined)
    return np.stack([today, pooled, own, lagged]) & is_usable


def add_rows(total: Floats, rows: Counts, place: Ints, is_used: Flags) -> None:
    """Add rows (N, B) to `total` (W, K, B), each at its place (N,), for the windows (W, N) that use
    it. Rows may come in parts and in any order."""
    n_places = total.shape[1]
    for window, used in enumerate(is_used):
        at = np.flatnonzero(used)
        if len(at):
            ones, own_place = np.ones(len(at)), (place[at], np.arange(len(at)))
            chosen = scipy.sparse.csr_matrix((ones, own_place), shape=(n_places, len(at)))
            total[window] += chosen @ rows[at]


def fleet_day(used: Flags, numeric: Summed, categories: Summed, series: Series) -> FleetDay:
    """Return the newest day as `inputs.judge_day` takes it; `used` (W, T, G) is from `windows`."""
    n_numeric, n_series = series.n_numeric, len(series.group)

    def compared(today: Window, reference: Window) -> Comparison:
        of_groups = used[reference].sum(axis=0)
        # A day on which nobody in the fleet has studies has no groups.
        n_days = of_groups[series.group] if len(of_groups) else np.zeros(n_series, dtype=np.int64)
        return side_by_side(
            compare_numeric(
                numeric.rows[today],
                numeric.rows[reference],
                numeric.series,
                n_numeric,
                n_days[:n_numeric],
            ),
            compare_categories(
                categories.rows[today, :, 0],
                categories.rows[reference, :, 0],
                categories.series - n_numeric,
                n_series - n_numeric,
                n_days[n_numeric:],
            ),
        )

    return FleetDay(
        compared(Window.POOLED, Window.OWN),
        compared(Window.TODAY, Window.LAGGED),
        series.feature,
        series.is_off,
        series.is_excluded,
        series.tested,
    )
