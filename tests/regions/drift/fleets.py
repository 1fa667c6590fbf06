"""Small fleets of histograms for tests of the drift kernel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from regions.drift.arrays import Floats
from regions.drift.comparison import Comparison, compare_numeric
from regions.drift.histogram import binned
from regions.drift.inputs import FleetDay

LOW, HIGH = -4.0, 4.0
N_SERIES = 24
SERIES = np.arange(N_SERIES)


def normal_histogram(rng: np.random.Generator, n: int, shift: float = 0.0) -> Floats:
    """Return 64 counts of n values around the shift, over −4 to 4."""
    return binned(rng.normal(shift, 1, n), LOW, HIGH).astype(float)


def compared(today: Floats, reference: Floats, series: np.ndarray | None = None) -> Comparison:
    """Compare rows with a reference of 40 days, each row a series unless said otherwise."""
    of = np.arange(len(today)) if series is None else series
    n_series = int(of.max()) + 1
    return compare_numeric(today, reference, of, n_series, np.full(n_series, 40))


def fleet_days(
    seed: int, n_days: int, shift: float = 0.0, from_day: int = 10**6
) -> Iterator[FleetDay]:
    """Yield days of 24 series whose means wander by 0.1; the first one shifts from a day on."""
    rng = np.random.default_rng(seed)
    reference = np.stack([normal_histogram(rng, 5000) for _ in SERIES])
    for t in range(n_days):
        wander = rng.normal(0, 0.1, N_SERIES)
        wander[0] += shift * (t >= from_day)
        today = np.stack([normal_histogram(rng, 200, float(one)) for one in wander])
        comparison = compared(today, reference)
        nobody = np.zeros(N_SERIES, dtype=bool)
        yield FleetDay(comparison, comparison, SERIES % 4, nobody, nobody)
