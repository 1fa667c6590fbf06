"""The days' profiles of many regions, added up over the days that are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from django.db.models import Sum

from fleet.alerts.detectors.quarantine import Group
from fleet.alerts.detectors.series_days import SCORE, SIZE, SeriesKey, family_of
from fleet.alerts.kinds.kind import Family
from fleet.alerts.new_normal import Key
from regions.drift.arrays import Flags, Floats
from regions.drift.histogram import N_BINS
from regions.drift.windows import Summed, Window, add_rows
from regions.models import DailyCategory, DailyInput, DailyScore

# Rows of histograms that are held at once.
PART = 4096
# A series, what its rows are told apart by, the day's place, the group's place, and counts.
Row = tuple[SeriesKey, str, int, int, Sequence[int]]


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
    """Rows added up as they come, in parts."""

    used: Flags
    n_bins: int
    series: dict[SeriesKey, int] = field(default_factory=dict)
    rows: dict[tuple[int, str], int] = field(default_factory=dict)
    _part: list[tuple[int, int, int, Sequence[int]]] = field(default_factory=list)
    _total: Floats = field(default_factory=lambda: np.zeros((len(Window), 0, 0)))

    def add_all(self, rows: Iterator[Row]) -> None:
        is_wanted: Flags = np.asarray(self.used.any(axis=0), dtype=np.bool_)
        for key, name, t, group, counts in rows:
            if is_wanted[t, group]:
                series = self.series.setdefault(key, len(self.series))
                row = self.rows.setdefault((series, name), len(self.rows))
                self._part.append((row, t, group, counts))
                if len(self._part) == PART:
                    self._flush()
        self._flush()

    def in_order(self) -> list[SeriesKey]:
        """Return the series by key: what is added up in one order comes out the same again."""
        return sorted(self.series)

    def summed(self, first_series: int) -> tuple[Summed, list[str]]:
        """Return the rows by series and name, numbered from the first series on, and names."""
        place = {self.series[key]: at for at, key in enumerate(self.in_order())}
        ordered = sorted((place[series], name, at) for (series, name), at in self.rows.items())
        total = self._total.reshape(len(Window), -1, self.n_bins)
        series = np.array([series for series, _name, _at in ordered], dtype=np.int64)
        rows = total[:, [at for _series, _name, at in ordered]]
        return Summed(rows, first_series + series), [name for _series, name, _at in ordered]

    def _flush(self) -> None:
        if not self._part:
            return
        self._grow()
        place, t, group = np.array([one[:3] for one in self._part], dtype=np.int64).T
        counts = np.array([one[3] for one in self._part], dtype=np.float64)
        add_rows(self._total, counts, place, self.used[:, t, group])
        self._part.clear()

    def _grow(self) -> None:
        n_there = self._total.shape[1]
        if len(self.rows) > n_there:
            larger = np.zeros((len(Window), 2 * len(self.rows), self.n_bins))
            larger[:, :n_there] = self._total.reshape(len(Window), n_there, self.n_bins)
            self._total = larger


def profiles(groups: Sequence[Group], days: Sequence[date], used: Flags) -> Profiles:
    """Return what the groups' days hold, added up over the windows (W, T, G), in three queries."""
    place = {group.key: at for at, group in enumerate(groups)}
    numeric, categories = _Sums(used, N_BINS), _Sums(used, 1)
    numeric.add_all(_inputs(place, days))
    numeric.add_all(_outputs(place, days))
    categories.add_all(_categories(place, days))
    keys = [*numeric.in_order(), *categories.in_order()]
    rows, _devices = numeric.summed(0)
    counts, names = categories.summed(len(numeric.series))
    return Profiles(
        keys=keys,
        groups=[place[_group_of(key)] for key in keys],
        n_numeric=len(numeric.series),
        numeric=rows,
        categories=counts,
        names=names,
    )


def _group_of(series: SeriesKey) -> Key:
    region, service, version, attribute = series
    return region, family_of(attribute), service, version


def _inputs(place: Mapping[Key, int], days: Sequence[date]) -> Iterator[Row]:
    rows = DailyInput.objects.filter(**_within(place, days))
    names = ("region_id", "day", "attribute", "device_model", "histogram")
    for region, then, attribute, device, histogram in rows.values_list(*names).iterator(PART):
        group = place.get((region, Family.INPUTS, "", ""))
        if group is not None:
            yield (region, "", "", attribute), device, (then - days[0]).days, group, histogram


def _outputs(place: Mapping[Key, int], days: Sequence[date]) -> Iterator[Row]:
    """Nodes are taken together: scores are not kept by device model."""
    rows = DailyScore.objects.filter(**_within(place, days))
    names = ("region_id", "day", "model_code", "model_version", "class_code")
    histograms = ("score_histogram", "size_histogram")
    for region, then, service, version, class_code, *both in rows.values_list(
        *names, *histograms
    ).iterator(PART):
        group = place.get((region, Family.OUTPUTS, service, version))
        if group is None:
            continue
        for what, histogram in zip((SCORE, SIZE), both, strict=True):
            if any(histogram):
                key = (region, service, version, what + class_code)
                yield key, "", (then - days[0]).days, group, histogram


def _categories(place: Mapping[Key, int], days: Sequence[date]) -> Iterator[Row]:
    rows = DailyCategory.objects.filter(**_within(place, days)).order_by()
    names = ("region_id", "day", "attribute", "category")
    totals = rows.values_list(*names).annotate(Sum("n")).iterator(PART)
    for region, then, attribute, category, n in totals:
        group = place.get((region, Family.INPUTS, "", ""))
        if group is not None:
            yield (region, "", "", attribute), category, (then - days[0]).days, group, [n]


def _within(place: Mapping[Key, int], days: Sequence[date]) -> dict[str, object]:
    regions = {region for region, *_rest in place}
    return {"region__in": regions, "day__gte": days[0], "day__lte": days[-1]}
