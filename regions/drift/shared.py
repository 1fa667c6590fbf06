"""Whether many regions have one cause."""

from __future__ import annotations

import numpy as np

from regions.drift.arrays import Flags, Ints

SHARED = 0.5
LEAST_REGIONS = 3


def shared(is_alarmed: Flags, version: Ints) -> list[int]:
    """Return the versions on which half of the regions, three at least, were alarmed.

    `is_alarmed` (T, R) over the last two days for one attribute; `version` (R,) is the model
    version that each region runs. Those alarms are one event of the fleet.
    """
    alarmed: Flags = np.asarray(is_alarmed.any(axis=0), dtype=np.bool_)
    return [
        int(one)
        for one in np.unique(version)
        if alarmed[version == one].sum() >= max(LEAST_REGIONS, SHARED * (version == one).sum())
    ]
