"""Live through a fleet's days with the kernel, and count what it said."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from bench.detecting import fleet as simulated
from bench.detecting.fleet import CATEGORICAL, N_CATEGORICAL, N_NUMERIC, Region, Rows
from regions.drift import windows
from regions.drift.categories import WINDOWS, new_values
from regions.drift.histogram import merged
from regions.drift.inputs import FleetDay, State, judge_day
from regions.drift.verdicts import Rule

HISTORY = 92
# All rows of a fleet in one array, and where each belongs.
N_SERIES = N_NUMERIC + N_CATEGORICAL
OFFSETS = np.cumsum([0, *CATEGORICAL.values()])


@dataclass
class Fleet:
    """The rows of all regions side by side: (T, K, 64) and (T, C), and the region of each row."""

    regions: list[Region]
    numeric: np.ndarray
    categories: np.ndarray
    row_region: np.ndarray
    row_series: np.ndarray  # region * numeric attributes + attribute
    category_region: np.ndarray
    category_series: np.ndarray
    by_region: list[Rows]

    @property
    def is_off(self) -> np.ndarray:
        return np.stack([region.is_off for region in self.regions], axis=1)

    @property
    def n(self) -> np.ndarray:
        return np.stack([rows.n for rows in self.by_region], axis=1)

    def put(self, r: int, first: int, rows: Rows) -> None:
        """Write the rows of some days of a region in place of what was there."""
        days = slice(first, first + len(rows.n))
        self.numeric[days, self.row_region == r] = rows.numeric
        self.categories[days, self.category_region == r] = rows.categories
        for name in ("n", "classes", "identical", "scored", "errors", "slow"):
            getattr(self.by_region[r], name)[days] = getattr(rows, name)

    def taken(self, r: int, first: int, n_days: int) -> Rows:
        """Return a copy of the rows of some days of a region."""
        days = slice(first, first + n_days)
        return Rows(
            self.numeric[days, self.row_region == r].copy(),
            self.categories[days, self.category_region == r].copy(),
            *(
                getattr(self.by_region[r], name)[days].copy()
                for name in ("n", "classes", "identical", "scored", "errors", "slow")
            ),
        )


def make(seed: int, n_regions: int, n_days: int, wildness: float = 1.0) -> Fleet:
    regions = simulated.make_fleet(seed, n_regions, n_days, wildness)
    rng = np.random.default_rng([seed, n_regions, 1])
    rows = [
        simulated.kept(region, 0, simulated.draw(region, 0, n_days, rng), rng) for region in regions
    ]
    series = []
    for r, region in enumerate(regions):
        n_devices = len(region.devices) + 1
        of_rows = np.append(np.repeat(np.arange(N_NUMERIC - 1), n_devices), N_NUMERIC - 1)
        series.append(r * N_NUMERIC + of_rows)
    n_rows = [len(one) for one in series]
    n_categories = OFFSETS[-1]
    of_category = np.repeat(np.arange(N_CATEGORICAL), list(CATEGORICAL.values()))
    return Fleet(
        regions,
        np.concatenate([one.numeric for one in rows], axis=1),
        np.concatenate([one.categories for one in rows], axis=1),
        np.repeat(np.arange(n_regions), n_rows),
        np.concatenate(series),
        np.repeat(np.arange(n_regions), n_categories),
        np.concatenate([r * N_CATEGORICAL + of_category for r in range(n_regions)]),
        rows,
    )


@dataclass
class Said:
    """What was said: by (region, family) the days, and by (day, region) the rules."""

    days: dict[tuple[int, str], set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, region: int, family: str, day: int) -> None:
        self.days[region, family].add(day)

    def episodes(self, families: set[str]) -> int:
        """Return how many alerts that is: days of one region and family within a week are one."""
        total = 0
        for (_region, family), days in self.days.items():
            if family in families:
                total += 1 + int((np.diff(sorted(days)) > 7).sum())
        return total

    def first(self, region: int, families: set[str], since: int) -> int | None:
        """Return days from `since` to the first alert, 1 for the same day; None for never."""
        days = [
            day
            for (r, family), those in self.days.items()
            if r == region and family in families
            for day in those
            if day >= since
        ]
        return min(days) - since + 1 if days else None


def live(
    fleet: Fleet, state: State, first: int, last: int, said: Said, keep: tuple[int, ...] = ()
) -> tuple[State, dict[int, State]]:
    """Judge inputs and outputs' distributions of the days from first to before last.

    Returns the state after the last day, and that before each of the days in `keep`.
    """
    is_off, n = fleet.is_off, fleet.n
    feature = feature_of(len(fleet.regions))
    kept_states = {}
    seen = fleet.categories[:first].sum(axis=0)
    for t in range(first, last):
        if t in keep:
            kept_states[t] = state
        window = slice(max(0, t - HISTORY + 1), t + 1)
        day = fleet_day(fleet, window, is_off[window], n[window], feature)
        verdicts, state = judge_day(day, state)
        for one in verdicts:
            region, attribute = whose(one.subject, len(fleet.regions))
            family = "output" if attribute in ("score", "class") else "input"
            said.add(region, f"{family}_{one.rule}", t)
        seen += fleet.categories[t]
        came = np.stack([fleet.categories[t - days + 1 : t + 1].sum(axis=0) for days in WINDOWS])
        new = new_values(came, seen, fleet.category_series, len(fleet.regions) * N_CATEGORICAL)
        for one in new:
            said.add(int(fleet.category_region[one.subject]), Rule.NEW_CATEGORY, t)
    return state, kept_states


def fleet_day(
    fleet: Fleet, window: slice, is_off: np.ndarray, n: np.ndarray, feature: np.ndarray
) -> FleetDay:
    """Return the last day of the window as the kernel takes it."""
    n_regions = len(fleet.regions)
    used = windows.windows(n, is_off, np.ones_like(is_off), np.zeros_like(is_off))
    of_series = np.concatenate(
        [np.repeat(np.arange(n_regions), N_NUMERIC), np.repeat(np.arange(n_regions), N_CATEGORICAL)]
    )
    categories = fleet.categories[window][:, :, None]
    return windows.fleet_day(
        used,
        summed(fleet.numeric[window], used[:, :, fleet.row_region], fleet.row_series),
        summed(
            categories,
            used[:, :, fleet.category_region],
            n_regions * N_NUMERIC + fleet.category_series,
        ),
        windows.Series(
            n_regions * N_NUMERIC,
            of_series,
            feature,
            is_off[-1][of_series],
            np.zeros(len(of_series), dtype=bool),
        ),
    )


def summed(rows: np.ndarray, used: np.ndarray, series: np.ndarray) -> windows.Summed:
    """Return rows (T, K, B) added up over the windows (W, T, K) that use them."""
    return windows.Summed(np.stack([merged(rows, one) for one in used]), series)


def feature_of(n_regions: int) -> np.ndarray:
    """Return which attribute each series is, (S,)."""
    return np.concatenate(
        [
            np.tile(np.arange(N_NUMERIC), n_regions),
            N_NUMERIC + np.tile(np.arange(N_CATEGORICAL), n_regions),
        ]
    )


def whose(series: int, n_regions: int) -> tuple[int, str]:
    """Return the region and the attribute of a series."""
    if series < n_regions * N_NUMERIC:
        region, attribute = divmod(series, N_NUMERIC)
        return region, simulated.NUMERIC[attribute]
    region, attribute = divmod(series - n_regions * N_NUMERIC, N_CATEGORICAL)
    return region, list(CATEGORICAL)[attribute]
