"""Benjamini–Hochberg over everything that was tested on a day."""

from __future__ import annotations

import numpy as np

from regions.drift.arrays import Floats

FALSE_SHARE = 0.05


def discovery_limit(p: Floats, false_share: float = FALSE_SHARE) -> float:
    """Return the probability at or below which p (…,) are discoveries; NaN is not a test.

    At most `false_share` of them are false on average if the probabilities are right; here that is
    measured, not proved (bench/results/detection.md). 0 when nothing was tested.
    """
    known = np.sort(p[~np.isnan(p)], axis=None)
    if not len(known):
        return 0.0
    steps = false_share * np.arange(1, len(known) + 1) / len(known)
    passed = np.flatnonzero(known <= steps)
    return float(steps[passed[-1]] if len(passed) else steps[0])
