"""What a fault makes of the last day that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from fleet.alerts.detectors.series_days import SCORE
from fleet.alerts.models_drift import SeriesDay
from fleet.rehearsal.calm import (
    A_DAY,
    CLASS,
    DAY,
    MIDDLE,
    MODEL,
    N_DAYS,
    VERSION,
    category,
    hill,
    score,
)
from regions.localday import local_day
from regions.models import DailyCategory, DailyInput, DailyRollup, DailyScore, Region

# Whom no sign-in, no collection and no alert knows.
PEER = "rehearsal_peer"
N_PEERS = 6
ATTRIBUTES = tuple(f"rehearsed_{n}" for n in range(12))
MOVED_TO = MIDDLE + 12
# A rule of distributions knows scores of the fleet's days, 200 of each channel at least.
N_JUDGED = 20


def _volume_shift(region: Region, now: datetime) -> None:
    yesterday = DailyRollup.objects.filter(region=region, day=_yesterday(region, now))
    yesterday.update(n_received=A_DAY // 6)


def _new_category(region: Region, now: datetime) -> None:
    DailyCategory.objects.bulk_create([category(region, now, 1, "New 2.0", A_DAY // 4)])


def _class_collapse(region: Region, now: datetime) -> None:
    """Nearly all are ill, where one in ten was."""
    days = _scores(region, now)
    next(days)
    DailyScore.objects.bulk_create([score(region, _yesterday(region, now), A_DAY - 10), *days])


def _unlike_peers(region: Region, now: datetime) -> None:
    yesterday = _yesterday(region, now)
    name = "Rehearsal, peer %s (no real region)"
    peers = Region.objects.bulk_create(
        Region(
            code=f"{PEER}_{n}",
            name=name % n,
            time_zone=region.time_zone,
            database_name=region.database_name,
        )
        for n in range(1, N_PEERS)
    )
    DailyScore.objects.bulk_create(
        [score(region, yesterday, A_DAY // 2), *(score(peer, yesterday) for peer in peers)]
    )


def _input_drift(region: Region, now: datetime) -> None:
    first, *others = ATTRIBUTES
    yesterday = _yesterday(region, now)
    DailyInput.objects.bulk_create(
        _input(region, yesterday - n * DAY, name)
        for n in range(N_DAYS)
        for name in (ATTRIBUTES if n else others)
    )
    DailyInput.objects.bulk_create([_input(region, yesterday, first, MOVED_TO)])
    _judge_before(region, yesterday)


def _output_drift(region: Region, now: datetime) -> None:
    days = _scores(region, now)
    yesterday = next(days)
    yesterday.score_histogram = hill(MOVED_TO)
    DailyScore.objects.bulk_create([yesterday, *days])
    _judge_before(region, yesterday.day)


def _scores(region: Region, now: datetime) -> Iterator[DailyScore]:
    """Yield the days that are over, the newest first."""
    yesterday = _yesterday(region, now)
    return (score(region, yesterday - n * DAY) for n in range(N_DAYS))


def _input(region: Region, day: date, name: str, middle: int = MIDDLE) -> DailyInput:
    return DailyInput(
        region=region,
        day=day,
        attribute=name,
        device_model="Rehearsed scanner",
        n=A_DAY,
        histogram=hill(middle),
    )


def _judge_before(region: Region, day: date) -> None:
    """Write what three quiet weeks before the day would have left, scores of chance alone."""
    series = [("", "", name) for name in ATTRIBUTES]
    series.append((MODEL, VERSION, f"{SCORE}{CLASS}"))
    SeriesDay.objects.bulk_create(
        SeriesDay(
            region=region,
            day=day - n * DAY,
            service=service,
            version=version,
            attribute=attribute,
            is_off=False,
            **_left((n * len(series) + at) % 20 / 10),
        )
        for n in range(1, N_JUDGED + 1)
        for at, (service, version, attribute) in enumerate(series)
    )


def _left(size: float) -> dict[str, float]:
    numbers = dict.fromkeys(("sum_upwards", "sum_downwards", "sum_tail", "sum_shape"), 0.0)
    for past in ("day", "slow"):
        for channel in ("location", "tail", "shape"):
            numbers |= {f"{past}_{channel}_score": size, f"{past}_{channel}_excess": 1e-4}
    return numbers


def _yesterday(region: Region, now: datetime) -> date:
    return local_day(now, region.zone) - DAY


DAY_FAULTS: dict[str, Callable[[Region, datetime], None]] = {
    "volume_shift": _volume_shift,
    "new_category": _new_category,
    "class_collapse": _class_collapse,
    "unlike_peers": _unlike_peers,
    "input_drift": _input_drift,
    "output_drift": _output_drift,
}
