"""Keep what tomorrow's judgement of distributions needs of today's, and give it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from fleet.alerts.kinds.kind import Family
from fleet.alerts.models_drift import SeriesDay
from fleet.alerts.new_normal import restarts
from regions.drift.arrays import Flags, Floats
from regions.drift.inputs import DAYS_KEPT, SUM_CHANNELS, Past, State

# A region's id, a service, a version and an attribute.
SeriesKey = tuple[int, str, str, str]
DAY = timedelta(days=1)
# Attributes of outputs are made of what is measured and the class: “score:mass”.
SCORE, SIZE = "score:", "size:"
_CHANNELS = ("location", "tail", "shape")
_PASTS = ("day", "slow")
_NUMBERS = tuple(
    f"{past}_{channel}_{what}"
    for past in _PASTS
    for what in ("excess", "score")
    for channel in _CHANNELS
)
_SUMS = ("sum_upwards", "sum_downwards", "sum_tail", "sum_shape")


def family_of(attribute: str) -> Family:
    """Return whether an attribute is of what comes in, or of what models answer."""
    return Family.OUTPUTS if attribute.startswith((SCORE, SIZE)) else Family.INPUTS


def remembered(day: date) -> tuple[list[SeriesKey], State]:
    """Return the series of the last 120 days and what was left of them before `day`.

    Days before a restart are forgotten.
    """
    begins = restarts(day)
    keys: dict[SeriesKey, int] = {}
    places: list[tuple[int, int]] = []
    values: list[Sequence[float | None]] = []
    offs: list[bool] = []
    rows = SeriesDay.objects.filter(day__lt=day, day__gte=day - DAYS_KEPT * DAY).values_list(
        *("day", "region_id", "service", "version", "attribute", "is_off"), *_NUMBERS, *_SUMS
    )
    for then, region, service, version, attribute, is_off, *numbers in rows.order_by("day"):
        if then < begins.get((region, family_of(attribute), service, version), date.min):
            continue
        series = keys.setdefault((region, service, version, attribute), len(keys))
        places.append((DAYS_KEPT - (day - then).days, series))
        values.append(numbers)
        offs.append(is_off)
    return list(keys), _state(len(keys), places, values, offs)


def _state(
    n_series: int,
    places: Sequence[tuple[int, int]],
    values: Sequence[Sequence[float | None]],
    offs: Sequence[bool],
) -> State:
    is_off: Flags = np.zeros((DAYS_KEPT, n_series), dtype=np.bool_)
    numbers = np.full((DAYS_KEPT, n_series, len(_NUMBERS)), np.nan)
    sums = np.zeros((len(SUM_CHANNELS), n_series))
    if places:
        t, series = np.array(places).T
        table = np.array(values, dtype=np.float64)
        is_off[t, series] = offs
        numbers[t, series] = table[:, : len(_NUMBERS)]
        # Rows come by day: the last one of a series is what stands.
        last = dict(zip(series.tolist(), range(len(series)), strict=True))
        sums[:, list(last)] = table[list(last.values()), len(_NUMBERS) :].T
    by_channel = numbers.transpose(2, 0, 1).reshape(4, len(_CHANNELS), DAYS_KEPT, n_series)
    excess, score, slow_excess, slow_score = by_channel.transpose(0, 2, 1, 3)
    pasts = Past(excess, score, is_off), Past(slow_excess, slow_score, is_off)
    return State(*pasts, sums, np.full(n_series, np.nan))


def tested(day: date, without: Collection[int]) -> Floats:
    """Return the probabilities of a day of the regions that were judged before these."""
    rows = SeriesDay.objects.filter(day=day, p__isnull=False).exclude(region__in=without)
    return np.array(list(rows.values_list("p", flat=True)), dtype=np.float64)


def remember(
    day: date, regions: Collection[int], series: Mapping[SeriesKey, int], state: State
) -> None:
    """Write what is left of a day of these regions; `series` tells each one's place in the state.

    Writing it again replaces what was written.
    """
    SeriesDay.objects.filter(day=day, region__in=regions).delete()
    pasts = (state.day, state.slow)
    last = [numbers[-1] for past in pasts for numbers in (past.excess, past.score)]
    table = np.concatenate([*last, state.sums, state.p[None]])
    names = (*_NUMBERS, *_SUMS, "p")
    rows = []
    for (region, service, version, attribute), at in series.items():
        numbers = (None if np.isnan(one) else float(one) for one in table[:, at])
        rows.append(
            SeriesDay(
                day=day,
                region_id=region,
                service=service,
                version=version,
                attribute=attribute,
                is_off=bool(state.day.is_off[-1, at]),
                **dict(zip(names, numbers, strict=True)),
            )
        )
    SeriesDay.objects.bulk_create(rows, batch_size=2000)


def forget(since: date) -> int:
    """Delete what is left of the days from this one on; return how many rows that were."""
    return SeriesDay.objects.filter(day__gte=since).delete()[0]
