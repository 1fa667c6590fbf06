"""A small fleet with profiles of many days, which is judged as if it were watched for weeks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Model

from fleet.alerts.detectors.distribution_days import judge_and_remember
from fleet.alerts.detectors.watched import watched
from fleet.alerts.models_drift import SeriesDay
from regions.models import (
    AccessPath,
    DailyCategory,
    DailyInput,
    DailyRollup,
    DailyScore,
    Region,
)
from tests.builders import NO_BINS, NOW, TODAY, make_path, make_region, make_status

DAY = timedelta(days=1)
YESTERDAY = TODAY - DAY
ATTRIBUTES = tuple(f"attribute_{n}" for n in range(4))
# Creeps are compared with the days from 28 before on, ten of them at least.
N_DAYS, N_REMEMBERED = 40, 20
N = 200


def make_fleet(
    n_regions: int = 3, *, seed: int = 1, until: date = YESTERDAY, **what: Any
) -> list[Region]:
    """Regions of 200 studies a day until YESTERDAY, whose days differ by 0.05 sd. What is left of
    twenty judged days before `until` is there as well."""
    rng = np.random.default_rng(seed)
    n_there = Region.objects.count()
    regions = [make_region(f"r{n_there + n}") for n in range(n_regions)]
    for region in regions:
        make_path(region, kind=AccessPath.Kind.DIRECT)
        make_status(region)
    days = [TODAY - age * DAY for age in range(1, N_DAYS + 1)]
    write(row for region in regions for day in days for row in rows_of(region, day, rng, **what))
    ages = range(1, N_REMEMBERED + 1)
    write(row for r in regions for age in ages for row in left_of(r, until - age * DAY, rng))
    return regions


def left_of(region: Region, day: date, rng: np.random.Generator) -> Iterator[SeriesDay]:
    """Yield what a quiet day leaves."""
    numeric = [("", "", name) for name in ATTRIBUTES] + [("mammo", "7", "score:mass")]
    for service, version, attribute in [*numeric, ("", "", "view")]:
        channels = ("shape",) if attribute == "view" else ("location", "tail", "shape")
        numbers = {}
        for past in ("day", "slow"):
            for channel in channels:
                score = abs(rng.normal(0, 1)) * (1 if channel != "shape" else 0.8)
                numbers |= {f"{past}_{channel}_score": score, f"{past}_{channel}_excess": 2e-4}
        sums = dict.fromkeys(("sum_upwards", "sum_downwards", "sum_tail", "sum_shape"), 0.0)
        of = {"service": service, "version": version, "attribute": attribute, "is_off": False}
        yield SeriesDay(region=region, day=day, **of, **numbers, **sums)


def write(rows: Iterable[Model]) -> None:
    by_model = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row)
    for model, of_model in by_model.items():
        model.objects.bulk_create(of_model)


def fill_day(region: Region, day: date, rng: np.random.Generator, **what: Any) -> None:
    """Write a day in place of what was there."""
    for model in (DailyRollup, DailyInput, DailyCategory, DailyScore):
        model.objects.filter(region=region, day=day).delete()
    write(rows_of(region, day, rng, **what))


def rows_of(
    region: Region,
    day: date,
    rng: np.random.Generator,
    *,
    shift: float = 0.0,
    devices: Sequence[tuple[str, float, float]] = (("Selenia", 1.0, 0.0),),
    views: tuple[float, float] = (0.6, 0.4),
    score_shift: float = 0.0,
    version: str = "7",
) -> Iterator[Model]:
    """Yield the rows of a day; `shift` is of the first attribute, in sd. Each device has a name, a
    share and where its values lie."""
    yield rollup(region, day)
    for name in ATTRIBUTES:
        of_day = rng.normal(0, 0.05) + shift * (name == ATTRIBUTES[0])
        values = defaultdict(list)
        for device, share, offset in devices:
            values[device] += list(rng.normal(of_day + offset, 1, round(N * share)))
        for device, of_device in values.items():
            own = {"attribute": name, "device_model": device, "n": len(of_device)}
            counts = histogram(np.array(of_device))
            yield DailyInput(region=region, day=day, **own, histogram=counts)
    yield DailyInput(
        region=region,
        day=day,
        attribute="always_the_same",
        device_model="Selenia",
        n=N,
        histogram=[0] * 12 + [N] + [0] * 51,
    )
    for view, p in zip(("CC", "MLO"), views, strict=True):
        own = {"attribute": "view", "device_model": "Selenia", "category": view}
        yield DailyCategory(region=region, day=day, **own, n=round(N * p))
    scores = histogram(rng.normal(score_shift + rng.normal(0, 0.05), 1, N))
    own = {"model_code": "mammo", "model_version": version, "class_code": "mass", "node": "gpu-0"}
    counts = {"n_scored": N, "n_positive": 20, "n_invalid": 0, "n_objects": 0}
    nothing = [0] * 64
    yield DailyScore(
        region=region, day=day, **own, **counts, score_histogram=scores, size_histogram=nothing
    )


def rollup(region: Region, day: date) -> DailyRollup:
    zeros = ("filtered", "failed", "rejected", "pending", "unknown", "fallback", "bad_latency")
    counts = {f"n_{name}": N for name in ("received", "expected", "done", "scored")}
    return DailyRollup(
        region=region,
        day=day,
        **counts,
        **{f"n_{name}": 0 for name in (*zeros, "positive", "capped")},
        collected_at=NOW,
        fingerprint=1,
        profile_fingerprint=1,
        latency_histogram=NO_BINS,
        wait_histogram=NO_BINS,
    )


def histogram(values: np.ndarray) -> list[int]:
    """Return 64 counts over −4 to 4."""
    bins = np.clip(np.floor((values + 4) / 8 * 62) + 1, 0, 63).astype(int)
    return np.bincount(bins, minlength=64).tolist()


def live(first: int = 1, last: int = 1) -> int:
    """Judge the days of these ages as they close; return the number of findings."""
    return sum(
        judge_and_remember(watched(), TODAY - age * DAY, NOW - (age - 1) * DAY)
        for age in range(first, last - 1, -1)
    )
