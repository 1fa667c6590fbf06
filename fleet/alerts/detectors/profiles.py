"""The days' profiles of many regions, added up over the days that are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from fleet.alerts.detectors.packed import INTEGERS, packed_rows, unpacked
from fleet.alerts.detectors.quarantine import Group
from fleet.alerts.detectors.series_days import SCORE, SIZE, SeriesKey, family_of
from fleet.alerts.kinds.kind import Family
from fleet.alerts.new_normal import Key
from regions.drift.arrays import Flags, Floats
from regions.drift.histogram import N_BINS
from regions.drift.windows import Summed, Window

# A day as its place among the days, and a row of all days for each thing that is told apart.
_INPUTS = """
SELECT region_id, attribute, device_model, array_agg(day - %(first)s),
  string_agg(array_send(histogram), '')
FROM regions_dailyinput
WHERE region_id = ANY(%(regions)s) AND day BETWEEN %(first)s AND %(last)s
GROUP BY 1, 2, 3"""
_OUTPUTS = """
SELECT region_id, model_code, model_version, class_code, array_agg(day - %(first)s),
  string_agg(array_send(score_histogram), ''), string_agg(array_send(size_histogram), '')
FROM regions_dailyscore
WHERE region_id = ANY(%(regions)s) AND day BETWEEN %(first)s AND %(last)s
GROUP BY 1, 2, 3, 4"""
_CATEGORIES = """
SELECT region_id, attribute, category, array_agg(day - %(first)s), array_agg(n)
FROM regions_dailycategory
WHERE region_id = ANY(%(regions)s) AND day BETWEEN %(first)s AND %(last)s
GROUP BY 1, 2, 3"""

Place = Mapping[Key, int]
Rows = Iterable[tuple[Any, ...]]


@dataclass(frozen=True)
class Profiles:
    """All series, those of histograms first, with the group of each, and their rows.

    `names` are the categories of the categories' rows.
    """

    keys: Sequence[SeriesKey]
    groups: Sequence[int]
    n_numeric: int
    numeric: Summed
    categories: Summed
    names: Sequence[str]


@dataclass
class _Sums:
    """Rows (W, B), added up over the windows, by series and what rows of it are told apart by."""

    n_bins: int
    rows: dict[tuple[SeriesKey, str], Floats] = field(default_factory=dict)

    def add(self, series: SeriesKey, name: str, used: Flags, counts: Floats) -> None:
        """Add a row's days (D, B); `used` (W, D) are those of each window."""
        if used.any():
            self.rows[series, name] = used.astype(np.float64) @ counts

    def in_order(self) -> list[SeriesKey]:
        """Return the series by key: what is added up in one order comes out the same again."""
        return sorted({series for series, _name in self.rows})

    def summed(self, first_series: int) -> tuple[Summed, list[str]]:
        """Return the rows by series and name, numbered from the first series on, and names."""
        place = {key: first_series + at for at, key in enumerate(self.in_order())}
        ordered = sorted(self.rows)
        total = np.array([self.rows[key] for key in ordered]).reshape(-1, len(Window), self.n_bins)
        series = np.array([place[series] for series, _name in ordered], dtype=np.int64)
        return Summed(total.transpose(1, 0, 2), series), [name for _series, name in ordered]


def profiles(groups: Sequence[Group], days: Sequence[date], used: Flags) -> Profiles:
    """Return what the groups' days hold, added up over the windows (W, T, G).

    Three queries, for every eight regions.
    """
    numeric, categories = _Sums(N_BINS), _Sums(1)
    place = {group.key: at for at, group in enumerate(groups)}
    regions = sorted({group.one.id for group in groups})
    within = {"first": days[0], "last": days[-1]}
    _add_inputs(numeric, place, used, packed_rows(_INPUTS, regions, within))
    _add_outputs(numeric, place, used, packed_rows(_OUTPUTS, regions, within))
    _add_categories(categories, place, used, packed_rows(_CATEGORIES, regions, within))
    keys = [*numeric.in_order(), *categories.in_order()]
    rows, _devices = numeric.summed(0)
    counts, names = categories.summed(len(keys) - len(categories.in_order()))
    return Profiles(
        keys=keys,
        groups=[place[_group_of(key)] for key in keys],
        n_numeric=len(numeric.in_order()),
        numeric=rows,
        categories=counts,
        names=names,
    )


def _group_of(series: SeriesKey) -> Key:
    region, service, version, attribute = series
    return region, family_of(attribute), service, version


def _add_inputs(sums: _Sums, place: Place, used: Flags, rows: Rows) -> None:
    for region, attribute, device, days, histograms in rows:
        group = place.get((region, Family.INPUTS, "", ""))
        if group is not None:
            counts = unpacked(histograms, N_BINS, INTEGERS)
            sums.add((region, "", "", attribute), device, used[:, days, group], counts)


def _add_outputs(sums: _Sums, place: Place, used: Flags, rows: Rows) -> None:
    """Nodes are taken together: scores are not kept by device model."""
    for region, service, version, class_code, days, *both in rows:
        group = place.get((region, Family.OUTPUTS, service, version))
        if group is None:
            continue
        for what, histograms in zip((SCORE, SIZE), both, strict=True):
            counts = unpacked(histograms, N_BINS, INTEGERS)
            has_any = counts.any(axis=1)
            key = (region, service, version, what + class_code)
            sums.add(key, "", used[:, days, group] & has_any, counts)


def _add_categories(sums: _Sums, place: Place, used: Flags, rows: Rows) -> None:
    for region, attribute, category, days, n in rows:
        group = place.get((region, Family.INPUTS, "", ""))
        if group is not None:
            counts = np.array(n, dtype=np.float64)[:, None]
            sums.add((region, "", "", attribute), category, used[:, days, group], counts)
