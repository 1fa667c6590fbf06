"""When studies arrive: the hours and weekdays of a region's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from fleet.demo.sham import ShamRegion

HOUR = timedelta(hours=1)
# Monday to Sunday, as shares of an ordinary working day.
WEEKDAYS = (1.04, 1.08, 1.02, 1.0, 0.86, 0.34, 0.16)
# Share of a day's studies by the hour in which they begin; polyclinics rush before noon.
HOURS = (
    0.006, 0.004, 0.004, 0.004, 0.005, 0.008, 0.018, 0.042, 0.082, 0.105, 0.108, 0.098,
    0.080, 0.076, 0.080, 0.074, 0.060, 0.048, 0.036, 0.024, 0.016, 0.010, 0.007, 0.005,
)  # fmt: skip


def hour_start(moment: datetime, sham: ShamRegion) -> datetime:
    """Return the instant, in UTC, at which the hour of the region's clock began."""
    local = moment.astimezone(sham.clock)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment.astimezone(UTC) - past


def hours_between(start: datetime, end: datetime, sham: ShamRegion) -> Iterator[datetime]:
    """Yield the beginnings of all hours that overlap [start, end)."""
    hour = hour_start(start, sham)
    while hour < end:
        yield hour
        hour += HOUR


def expected_arrivals(hour: datetime, sham: ShamRegion) -> float:
    """Return how many studies the hour brings on average."""
    local = hour.astimezone(sham.clock)
    day = _day_level(local.date(), sham.seed) * WEEKDAYS[local.weekday()]
    return sham.studies_per_day * day * HOURS[local.hour]


def arrivals(rng: Random, hour: datetime, expected: float) -> Iterator[datetime]:
    """Yield moments within the hour, in order, of a Poisson process."""
    seconds = 0.0
    while expected > 0:
        seconds += rng.expovariate(expected / 3600)
        if seconds >= 3600:
            return
        yield hour + timedelta(seconds=seconds)


def _day_level(day: date, seed: int) -> float:
    return Random(seed * 1_000_003 + day.toordinal()).lognormvariate(0, 0.08)
