"""Faults of one region, put into its studies from a day on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.detecting import fleet as simulated
from bench.detecting.fleet import N_NODES, NEW_DEVICE, NUMERIC, SCORE, Region, Rows, Studies
from regions.drift.verdicts import Rule

DAYS = 30
AGE, EXPOSURE, GREY, CONTRAST, SHARPNESS = (
    NUMERIC.index(name) for name in ("age", "exposure", "mean_grey", "contrast", "sharpness")
)
# What may find which fault: everything that looks at inputs and outputs, or the rule made for it.
DRIFT = {
    *(f"{what}_{rule}" for what in ("input", "output") for rule in (Rule.DAY, Rule.SLOW)),
    *(Rule.NEW_CATEGORY, "identical", "class_share", "peers", "constants"),
}
COLLAPSE = DRIFT - {"identical"}


def _vendor(share: float, days: int = 0) -> Callable[..., Studies]:
    def fault(region: Region, studies: Studies, rng: np.random.Generator) -> Studies:
        grown = np.minimum((studies.day + 1) / days, 1) if days else 1.0
        hit = rng.random(len(studies.day)) < share * grown
        offset = region.device_offset
        studies.numeric[:, hit] += (offset[-1] - offset[studies.device[hit]]).T
        studies.device[hit] = len(region.devices)
        studies.codes[0, hit] = NEW_DEVICE
        return studies

    return fault


def _shift(attribute: int, size: float, days: int = 0) -> Callable[..., Studies]:
    def fault(_region: Region, studies: Studies, _rng: np.random.Generator) -> Studies:
        grown = np.minimum((studies.day + 1) / days, 1) if days else 1.0
        values = studies.numeric[attribute]
        values += size * values.std() * grown
        return studies

    return fault


def _inverted(_region: Region, studies: Studies, rng: np.random.Generator) -> Studies:
    hit = rng.random(len(studies.day)) < 0.20
    studies.numeric[GREY, hit] = 2.5 - studies.numeric[GREY, hit]
    studies.numeric[CONTRAST, hit] -= 0.5
    studies.numeric[SCORE, hit] += 0.5
    return studies


def _garbage(_region: Region, studies: Studies, rng: np.random.Generator) -> Studies:
    hit = rng.random(len(studies.day)) < 0.10
    studies.numeric[GREY, hit] = -5
    studies.numeric[SHARPNESS, hit] = rng.normal(4, 1, hit.sum())
    return studies


def _zero_tensor(is_same: bool, n_nodes: int = 1) -> Callable[..., Studies]:
    def fault(_region: Region, studies: Studies, rng: np.random.Generator) -> Studies:
        hit = studies.node < n_nodes
        studies.codes[-1, hit] = 1
        studies.is_same[hit] = is_same
        spread = 0.0 if is_same else 0.3
        studies.numeric[SCORE, hit] = rng.normal(0.3, 1, hit.sum()) * spread + 0.3 * (1 - spread)
        return studies

    return fault


def _lost(share: float) -> Callable[..., Studies]:
    def fault(_region: Region, studies: Studies, rng: np.random.Generator) -> Studies:
        stays = rng.random(len(studies.day)) >= share
        return Studies(
            studies.day[stays],
            studies.device[stays],
            studies.numeric[:, stays],
            studies.codes[:, stays],
            studies.hour[stays],
            studies.node[stays],
            studies.is_same[stays],
            studies.n_days,
        )

    return fault


def _none(_region: Region, studies: Studies, _rng: np.random.Generator) -> Studies:
    return studies


# The name, what makes it, and the families that count as having found it.
FAULTS: dict[str, tuple[Callable[..., Studies], set[str]]] = {
    "new vendor, 30 % of studies": (_vendor(0.30), DRIFT),
    "new vendor, 10 %": (_vendor(0.10), DRIFT),
    "exposure +0.5 sd": (_shift(EXPOSURE, 0.5), DRIFT),
    "age +0.4 sd": (_shift(AGE, 0.4), DRIFT),
    "inverted images, 20 %": (_inverted, DRIFT),
    "garbage, 10 %": (_garbage, DRIFT),
    "zero tensor, whole region": (_zero_tensor(True, N_NODES), DRIFT),
    "zero tensor, 33 %, identical outputs": (_zero_tensor(True), DRIFT),
    "the same, by the rule of identical outputs alone": (_zero_tensor(True), {"identical"}),
    "zero tensor, 33 %, class collapse only": (_zero_tensor(False), COLLAPSE),
    "score +0.3 sd": (_shift(SCORE, 0.3), DRIFT),
    "exposure, ramp to 0.5 sd in 30 days": (_shift(EXPOSURE, 0.5, DAYS), DRIFT),
    "new vendor, ramp to 10 % in 30 days": (_vendor(0.10, DAYS), DRIFT),
    "volume −50 %": (_lost(0.5), {"volume"}),
    "silence": (_lost(1.0), {"volume"}),
    "errors +5 points": (_none, {"errors"}),
    "nothing: found by coincidence": (_none, DRIFT),
}


def faulty_rows(name: str, region: Region, first: int, rng: np.random.Generator) -> Rows:
    """Return the rows of 30 days from `first` with the fault in them, drawn anew."""
    studies = FAULTS[name][0](region, simulated.draw(region, first, DAYS, rng), rng)
    rows = simulated.kept(region, first, studies, rng)
    if name == "errors +5 points":
        rows.errors = np.minimum(rows.errors + rng.binomial(rows.n, 0.05), rows.n)
    return rows
