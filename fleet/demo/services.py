"""The AI services that run in the regions: their versions, classes and scores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class FindingClass:
    """One class: prevalence per study or side, threshold, and the usual size in mm (median)."""

    code: str
    prevalence: float
    threshold: float
    size_mm: float


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `versions`: (days before the history's end, version), the oldest first."""

    code: str
    family: str
    share: float
    by_side: bool
    versions: tuple[tuple[int, str], ...]
    classes: tuple[FindingClass, ...]
    fetch_s: float
    work_s: float
    peak_mb: float

    def version(self, days_before_end: float) -> str:
        """Return the version that ran so many days before the history ends (negative: after)."""
        return [name for since, name in self.versions if days_before_end <= since][-1]


@dataclass(slots=True)
class Finding:
    """The score of one class (and side)."""

    label: str
    side: str
    prob: float
    threshold: float
    n_boxes: int
    largest_mm: float | None

    @property
    def is_positive(self) -> bool:
        return self.prob >= self.threshold


EVER = 100_000
SERVICES = (
    Service("mmg-cad", "MG", 0.36, True, ((EVER, "2.3.1"), (17, "2.4.0")),
            (FindingClass("malignant_mass", 0.035, 0.52, 13.0),
             FindingClass("calcification", 0.08, 0.44, 6.0)), 9.0, 21.0, 7_400),
    Service("cxr-net", "DX", 0.50, False, ((EVER, "5.0.2"), (31, "5.1.0"), (9, "5.1.1")),
            (FindingClass("nodule", 0.03, 0.55, 11.0), FindingClass("pneumonia", 0.06, 0.5, 60.0),
             FindingClass("effusion", 0.05, 0.5, 45.0),
             FindingClass("cardiomegaly", 0.09, 0.6, 120.0)), 2.5, 3.8, 3_100),
    Service("ct-lung", "CT", 0.14, False, ((EVER, "1.8.4"),),
            (FindingClass("nodule", 0.12, 0.45, 7.0), FindingClass("ground_glass", 0.07, 0.5, 35.0),
             FindingClass("emphysema", 0.11, 0.5, 50.0)), 26.0, 74.0, 15_800),
)  # fmt: skip


def findings(
    rng: Random, service: Service, version: str, sides: tuple[str, ...], *, broken: bool
) -> list[Finding]:
    """Score one study. A broken node answers nearly the same whatever it is shown."""
    drift = 0.12 * [name for _, name in service.versions].index(version)
    return [
        _silent(rng, kind, side) if broken else _score(rng, kind, side, drift)
        for side in (sides if service.by_side else ("",))
        for kind in service.classes
    ]


def _score(rng: Random, kind: FindingClass, side: str, drift: float) -> Finding:
    ill = rng.random() < kind.prevalence
    logit = rng.gauss(1.4 + drift, 1.1) if ill else rng.gauss(-2.6 + drift, 1.0)
    prob = round(1 / (1 + math.exp(-logit)), 4)
    if prob < kind.threshold:
        return Finding(kind.code, side, prob, kind.threshold, 0, None)
    n_boxes = 1 + min(4, int(rng.expovariate(1.3)))
    size = round(kind.size_mm * rng.lognormvariate(0, 0.45), 1)
    return Finding(kind.code, side, prob, kind.threshold, n_boxes, size)


def _silent(rng: Random, kind: FindingClass, side: str) -> Finding:
    # One branch of the network is dead: boxes are still drawn, of a wrong size, in one class only.
    dead = kind.code == "calcification"
    prob = round((0.4871 if dead else 0.0313) + rng.choice((0, 0, 0, 0, 0, 0.0001)), 4)
    if prob < kind.threshold:
        return Finding(kind.code, side, prob, kind.threshold, 0, None)
    return Finding(kind.code, side, prob, kind.threshold, 3, 71.5)
