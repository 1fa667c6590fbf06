"""A simulated fleet: regions whose days differ, as days do, and the rows that the center keeps.

What differs from day to day: the mix of device models (log-sd 0.5, AR(1) with 0.5; a device is out
on 3 % of its days; weekends have a mix of their own), patients and classes, counts (negative
binomial), a weak season. Inside a day all studies share these, which is why rules that take the
studies for independent ones speak most days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LOW, HIGH = -4.0, 4.0
NUMERIC = ("age", "thickness", "kvp", "exposure", "mean_grey", "contrast", "sharpness", "score")
SCORE = NUMERIC.index("score")
CATEGORICAL = {"device": 13, "sex": 2, "view": 4, "photometric": 3, "protocol": 6, "class": 3}
N_NUMERIC, N_CATEGORICAL = len(NUMERIC), len(CATEGORICAL)
N_DEVICES = 12
NEW_DEVICE = 12
N_NODES, N_HOURS, N_CLASSES = 3, 10, 3
WARM_UP = 150
CLASS_SHARES = np.log([0.55, 0.30, 0.15])
WEEKDAYS = np.array([1.0, 1.08, 1.04, 1.0, 0.9, 0.3, 0.12])


@dataclass
class Region:
    """One region: what it is like, and what its days are like, (T, …)."""

    size: float
    devices: np.ndarray  # which of the fleet's device models it has
    device_offset: np.ndarray  # (D + 1, numeric), the last one for a device that is new
    is_off: np.ndarray  # (T,) weekend or holiday
    is_holiday: np.ndarray  # (T,)
    rate: np.ndarray  # (T,) expected studies
    n: np.ndarray  # (T,) studies
    mix: np.ndarray  # (T, D) device shares
    calibration: np.ndarray  # (T, D + 1)
    patients: np.ndarray  # (T, 2) age and thickness of the day
    classes: np.ndarray  # (T, classes) logits
    views: np.ndarray
    protocols: np.ndarray
    error_rate: np.ndarray  # (T,)
    slow_rate: np.ndarray  # (T,)


@dataclass
class Studies:
    """The studies of some days of one region, a column each, (N,)."""

    day: np.ndarray  # from the first of those days
    device: np.ndarray  # position among the region's devices; their number for the new one
    numeric: np.ndarray  # (numeric, N)
    codes: np.ndarray  # (categorical, N)
    hour: np.ndarray
    node: np.ndarray
    is_same: np.ndarray  # the model gave one and the same answer
    n_days: int


@dataclass
class Rows:
    """What the center would keep of a region's days, (T, …)."""

    numeric: np.ndarray  # (T, K, 64)
    categories: np.ndarray  # (T, C)
    n: np.ndarray  # (T,)
    classes: np.ndarray  # (T, classes)
    identical: np.ndarray  # (T, hours, nodes)
    scored: np.ndarray  # (T, hours, nodes)
    errors: np.ndarray  # (T,)
    slow: np.ndarray  # (T,)


def ar1(
    rng: np.random.Generator, shape: tuple[int, ...], sd: float, phi: float = 0.5
) -> np.ndarray:
    """Return (T, …) with this standard deviation, each day half of the one before."""
    steps = rng.normal(0, sd * np.sqrt(1 - phi**2), shape)
    steps[0] /= np.sqrt(1 - phi**2)
    for t in range(1, len(steps)):
        steps[t] += phi * steps[t - 1]
    return steps


def make_region(rng: np.random.Generator, size: float, n_days: int, wildness: float) -> Region:
    """Return a region of about `size` studies a working day; `wildness` 1 is as described above."""
    n_devices = int(rng.integers(2, 7))
    day = np.arange(n_days)
    holidays = np.isin(day % 365, rng.choice(365, 14, replace=False))
    is_off = (day % 7 >= 5) | holidays
    season = np.sin(2 * np.pi * (day / 365 + rng.random()))
    rate = size * WEEKDAYS[day % 7] * np.where(holidays, 0.15, 1) * np.exp(0.08 * season)
    k = rng.uniform(15, 60)
    usual_mix = rng.normal(0, 0.6, n_devices)
    weekend = np.where(is_off[:, None], rng.normal(0, 0.5, n_devices), 0)
    weight = np.exp(usual_mix + weekend + ar1(rng, (n_days, n_devices), 0.5 * wildness))
    weight *= rng.random((n_days, n_devices)) > 0.03 * wildness
    weight += 1e-9
    offset = rng.normal(0, 0.5, (n_devices + 1, N_NUMERIC))
    offset[:, :3] = rng.normal(0, 0.1, (n_devices + 1, 3))
    offset[:, SCORE] *= 0.6
    offset[-1] += np.where(np.arange(N_NUMERIC) >= 3, 0.4, 0)
    return Region(
        size=size,
        devices=rng.choice(N_DEVICES, n_devices, replace=False),
        device_offset=offset + np.where(np.arange(N_NUMERIC) < 3, rng.normal(0, 0.3), 0),
        is_off=is_off,
        is_holiday=holidays,
        rate=rate,
        n=rng.poisson(rate * rng.gamma(k, 1 / k, n_days)),
        mix=weight / weight.sum(axis=1, keepdims=True),
        calibration=ar1(rng, (n_days, n_devices + 1), 0.03 * wildness),
        patients=ar1(rng, (n_days, 2), 0.05 * wildness) + 0.03 * season[:, None],
        classes=CLASS_SHARES
        + rng.normal(0, 0.08, N_CLASSES)
        + ar1(rng, (n_days, N_CLASSES), 0.10 * wildness)
        + 0.05 * season[:, None] * np.array([-1, 0, 1]),
        views=rng.dirichlet([40, 30, 20, 10]),
        protocols=rng.dirichlet([30, 20, 15, 10, 5, 3]),
        error_rate=_share_of_days(rng, n_days, rng.uniform(0.005, 0.02)),
        slow_rate=_share_of_days(rng, n_days, rng.uniform(0.02, 0.05)),
    )


def make_fleet(seed: int, n_regions: int, n_days: int, wildness: float = 1.0) -> list[Region]:
    """Return regions of 25 to 1200 studies a working day."""
    rng = np.random.default_rng([seed, n_regions])
    sizes = np.geomspace(25, 1200, n_regions)
    return [make_region(rng, float(size), n_days, wildness) for size in sizes]


def draw(region: Region, first: int, n_days: int, rng: np.random.Generator) -> Studies:
    """Return the studies of n_days of a region from its day `first`."""
    days = slice(first, first + n_days)
    day = np.repeat(np.arange(n_days), region.n[days])
    n = len(day)
    device = _pick(region.mix[days][day], rng)
    at = first + day
    classes = np.exp(region.classes[days])
    answer = _pick((classes / classes.sum(axis=1, keepdims=True))[day], rng)
    numeric = rng.normal(0, 1, (N_NUMERIC, n)) + region.device_offset[device].T
    numeric[:2] += region.patients[at].T
    numeric[0] += 0.3 * (answer == 2)
    numeric[2] = np.round(numeric[2] * 2) / 2
    numeric[3:SCORE] += region.calibration[at, device] + 0.3 * numeric[1]
    numeric[SCORE] += 0.9 * answer + 0.3 * region.calibration[at, device] - 0.6
    codes = np.stack(
        [
            np.append(region.devices, NEW_DEVICE)[device],
            rng.random(n) < 0.5,
            _pick(np.broadcast_to(region.views, (n, 4)), rng),
            (rng.random(n) < 0.03) * 1,
            _pick(np.broadcast_to(region.protocols, (n, 6)), rng),
            answer,
        ]
    ).astype(np.int64)
    return Studies(
        day=day,
        device=device,
        numeric=numeric,
        codes=codes,
        hour=rng.integers(0, N_HOURS, n),
        node=rng.integers(0, N_NODES, n),
        is_same=rng.random(n) < 0.004,
        n_days=n_days,
    )


def kept(region: Region, first: int, studies: Studies, rng: np.random.Generator) -> Rows:
    """Return the rows of the studies, in the shapes of the rollups."""
    n_days, day = studies.n_days, studies.day
    n_devices = len(region.devices) + 1
    days = slice(first, first + n_days)
    numeric = np.zeros((n_days, (N_NUMERIC - 1) * n_devices + 1, 64), dtype=np.uint16)
    for f in range(N_NUMERIC):
        values, low, high = studies.numeric[f], LOW, HIGH
        if f == SCORE:  # scores are kept by node, not by device
            values, low, high = 1 / (1 + np.exp(-values)), 0.0, 1.0
        bins = np.clip(np.floor((values - low) / (high - low) * 62) + 1, 0, 63).astype(np.int64)
        rows = n_devices if f != SCORE else 1
        where = (day * rows + (studies.device if f != SCORE else 0)) * 64 + bins
        counts = np.bincount(where, minlength=n_days * rows * 64).reshape(n_days, rows, 64)
        numeric[:, f * n_devices : f * n_devices + rows] = counts
    n = np.bincount(day, minlength=n_days)
    cells = (day * N_HOURS + studies.hour) * N_NODES + studies.node
    shape = (n_days, N_HOURS, N_NODES)
    scored = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
    same = np.bincount(cells[studies.is_same], minlength=int(np.prod(shape))).reshape(shape)
    offsets = np.cumsum([0, *CATEGORICAL.values()])
    categories = np.zeros((n_days, offsets[-1]), dtype=np.int64)
    for c, size in enumerate(CATEGORICAL.values()):
        counts = np.bincount(day * size + studies.codes[c], minlength=n_days * size)
        categories[:, offsets[c] : offsets[c + 1]] = counts.reshape(n_days, size)
    return Rows(
        numeric=numeric,
        categories=categories,
        n=n,
        classes=categories[:, offsets[-2] :],
        identical=np.minimum(np.maximum(same, 1), scored),
        scored=scored,
        errors=rng.binomial(n, region.error_rate[days]),
        slow=rng.binomial(n, region.slow_rate[days]),
    )


def _pick(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one position for each row of shares (N, C)."""
    picked = (rng.random(len(shares))[:, None] > np.cumsum(shares, axis=1)).sum(axis=1)
    return np.minimum(picked, shares.shape[1] - 1)


def _share_of_days(rng: np.random.Generator, n_days: int, usual: float) -> np.ndarray:
    return usual * np.exp(ar1(rng, (n_days,), 0.35) - 0.06)
