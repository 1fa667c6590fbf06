"""Categories that were not there before: a new scanner, sender, view or photometric meaning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from regions.drift.arrays import Counts, Ints
from regions.drift.comparison import MIN_REFERENCE
from regions.drift.verdicts import Rule, Verdict, strongest

USUAL_SHARE = 0.001
LEAST_SHARE = 0.02
LEAST_STUDIES = 5
# Days that are looked at together: what comes in slowly, or to a small region, shows in a week.
WINDOWS = (1, 7)


def new_values(last: Counts, total: Counts, series: Ints, n_series: int) -> list[Verdict]:
    """Return the rows (K,) that are new in the last day or in the last week.

    `last` (2, K) counts of the last 1 and 7 days, `total` (K,) of all days with them; the rest is
    as in `new_categories`. The window with the higher share speaks for a row, if it came on the
    last day as well.
    """
    return strongest(
        replace(one, n_days=days)
        for days, today in zip(WINDOWS, last, strict=True)
        for one in new_categories(today, total - today, series, n_series)
        if last[0, one.subject] > 0
    )


def new_categories(today: Counts, reference: Counts, series: Ints, n_series: int) -> list[Verdict]:
    """Return the rows, of counts (K,), that held less than 0.1 % and now hold 2 % and 5 studies.

    `series` (K,) names the attribute of each row; a reference of fewer than 300 studies says
    nothing. The verdict's subject is the row, its value the share today, its score the share in
    limits of 2 %. The reference should go back as far as is kept: a rare scanner that returns after
    eight weeks is not new.
    """
    n, m = np.bincount(series, today, n_series), np.bincount(series, reference, n_series)
    share = today / np.maximum(n, 1)[series]
    usual = reference / np.maximum(m, 1)[series]
    is_new = (usual < USUAL_SHARE) & (m >= MIN_REFERENCE)[series]
    is_new &= (share >= LEAST_SHARE) & (today >= LEAST_STUDIES)
    return [
        Verdict(
            rule=Rule.NEW_CATEGORY,
            subject=int(row),
            value=float(share[row]),
            low=0.0,
            high=USUAL_SHARE,
            score=float(share[row] / LEAST_SHARE),
            limit=1.0,
            n=int(today[row]),
            n_reference=int(m[series[row]]),
        )
        for row in np.flatnonzero(is_new)
    ]
