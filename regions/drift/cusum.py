"""Sums that grow while a series stays on one side: for shifts too small for any single day."""

from __future__ import annotations

import numpy as np

from regions.drift.arrays import Flags, Floats

ALLOWANCE = 1.0
LIMIT = 8.0
CLIP = 4.0


def accumulate(sums: Floats, x: Floats) -> tuple[Floats, Floats, Flags]:
    """Return the sums after today, what they reached, and which passed the limit, each (…,).

    `x` (…,) is standardised: about 0 ± 1 without drift. A day is worth at most 4 either way; NaN
    leaves a sum as it is. A sum that passed 8 begins again at 0. For two sides, give the negated
    series a sum of its own.
    """
    step = np.clip(x, -CLIP, CLIP) - ALLOWANCE
    reached = np.where(np.isnan(x), sums, np.maximum(0, sums + step))
    is_over = (reached > LIMIT) & ~np.isnan(x)
    return np.where(is_over, 0, reached), reached, is_over
