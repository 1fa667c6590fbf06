"""Keep what tomorrow's judgement of distributions needs of today's, and give it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from fleet.alerts.detectors.packed import FLOATS, packed_rows, unpacked
from fleet.alerts.kinds.kind import Family
from fleet.alerts.models_drift import SeriesDay
from fleet.alerts.new_normal import restarts
from regions.drift.arrays import Flags, Floats, Ints
from regions.drift.inputs import DAYS_KEPT, SUM_CHANNELS, Past, State
from regions.models import Region

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
_EACH = ", ".join(f"coalesce({name}, 'NaN')" for name in (*_NUMBERS, *_SUMS))
_LEFT = f"""
SELECT region_id, service, version, attribute, array_agg(day - %(first)s), array_agg(is_off),
  string_agg(array_send(ARRAY[{_EACH}]), '')
FROM alerts_seriesday
WHERE region_id = ANY(%(regions)s) AND day >= %(first)s AND day < %(day)s
GROUP BY 1, 2, 3, 4"""  # noqa: S608 (names of our own columns)


def family_of(attribute: str) -> Family:
    """Return whether an attribute is of what comes in, or of what models answer."""
    return Family.OUTPUTS if attribute.startswith((SCORE, SIZE)) else Family.INPUTS


def remembered(day: date) -> tuple[list[SeriesKey], State]:
    """Return the series of the last 120 days and what was left of them before `day`.

    Days before a restart are forgotten.
    """
    begins = restarts(day)
    within = {"first": day - DAYS_KEPT * DAY, "day": day}
    keys: list[SeriesKey] = []
    parts: list[tuple[Ints, Flags, Floats]] = []
    regions = list(Region.objects.order_by("pk").values_list("pk", flat=True))
    rows = packed_rows(_LEFT, regions, within)
    for region, service, version, attribute, days, is_off, packed in rows:
        begin = begins.get((region, family_of(attribute), service, version), date.min)
        at, off = np.array(days), np.array(is_off)
        is_kept = at >= (begin - within["first"]).days
        if is_kept.any():
            numbers = unpacked(packed, len(_NUMBERS) + len(_SUMS), FLOATS)
            keys.append((region, service, version, attribute))
            parts.append((at[is_kept], off[is_kept], numbers[is_kept]))
    return keys, _state(parts)


def _state(parts: Sequence[tuple[Ints, Flags, Floats]]) -> State:
    """Return the state of series of which some days (D,) are left: off days, and the numbers."""
    n_series = len(parts)
    is_off: Flags = np.zeros((DAYS_KEPT, n_series), dtype=np.bool_)
    numbers = np.full((len(_NUMBERS), DAYS_KEPT, n_series), np.nan)
    sums = np.zeros((len(SUM_CHANNELS), n_series))
    for series, (days, off, of_days) in enumerate(parts):
        is_off[days, series] = off
        numbers[:, days, series] = of_days[:, : len(_NUMBERS)].T
        # Of the newest day that is left.
        sums[:, series] = of_days[np.argmax(days), len(_NUMBERS) :]
    by_channel = numbers.reshape(4, len(_CHANNELS), DAYS_KEPT, n_series)
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
