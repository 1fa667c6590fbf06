"""What the models of a region said on a local day, against the region's own days before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ModelPositives:
    """Scores of one model version on the day, all classes and nodes together.

    `usual_share` is that of the model, whatever its version, over the REFERENCE_DAYS before, so
    that a new version is held against the one that it replaced; None where nothing was scored.
    """

    model_code: str
    model_version: str
    n_scored: int
    n_positive: int
    share: float | None
    usual_share: float | None


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version that scored on the day. `first_day` is the first of the REFERENCE_DAYS before
    on which it did; `is_new` says that it is a week old at most and another version was before."""

    model_code: str
    version: str
    first_day: date
    is_new: bool


@dataclass(frozen=True, slots=True)
class Outputs:
    """Both by model and version, in a stable order."""

    positives: tuple[ModelPositives, ...] = ()
    versions: tuple[ModelVersion, ...] = ()
