"""A region's day beside its reference: scores by class, inputs and categories by device."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from operator import add

from django.db.models import Value

from fleet.review.reference import Reference
from regions.models import DailyCategory, DailyInput, DailyScore
from regions.models.rollups import histogram_field

N_BINS = 64


@dataclass(slots=True)
class Compared:
    """How many on the shown day and on all days of the reference, with their histograms."""

    n: int = 0
    n_reference: int = 0
    bins: list[int] = field(default_factory=lambda: [0] * N_BINS)
    bins_reference: list[int] = field(default_factory=lambda: [0] * N_BINS)

    def add(self, n: int, bins: list[int], *, is_reference: bool) -> None:
        if is_reference:
            self.n_reference += n
            self.bins_reference = list(map(add, self.bins_reference, bins))
        else:
            self.n += n
            self.bins = list(map(add, self.bins, bins))


@dataclass(slots=True)
class Scores:
    """The scores of one model and class, all versions and nodes together."""

    model_code: str
    class_code: str
    compared: Compared = field(default_factory=Compared)
    n_positive: int = 0
    n_positive_reference: int = 0
    versions: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Inputs:
    """One numeric attribute over all devices and by device model."""

    compared: Compared = field(default_factory=Compared)
    devices: dict[str, Compared] = field(default_factory=lambda: defaultdict(Compared))


@dataclass(slots=True)
class Categories:
    """One categorical attribute: counts by value, and by device model and value; each a pair of
    the shown day's number and the reference's."""

    values: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    devices: dict[str, dict[str, list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [0, 0]))
    )


def scores_of(region_id: int, day: date, reference: Reference) -> list[Scores]:
    """Return the classes, those with most scores first, in one query."""
    rows = DailyScore.objects.filter(region=region_id, day__in=[day, *reference.days])
    found: dict[tuple[str, str], Scores] = {}
    for then, model, version, name, n, n_positive, bins in rows.values_list(
        "day",
        *("model_code", "model_version", "class_code"),
        *("n_scored", "n_positive", "score_histogram"),
    ):
        scores = found.setdefault((model, name), Scores(model, name))
        scores.compared.add(n, bins, is_reference=then != day)
        if then == day:
            scores.n_positive += n_positive
            scores.versions.add(version)
        else:
            scores.n_positive_reference += n_positive
    return sorted(found.values(), key=lambda s: (-s.compared.n, s.model_code, s.class_code))


def inputs_of(
    region_id: int, day: date, reference: Reference
) -> tuple[dict[str, Inputs], dict[str, Categories]]:
    """Return the numeric and the categorical attributes by name, in one query."""
    wanted = {"region": region_id, "day__in": [day, *reference.days]}
    numeric = DailyInput.objects.filter(**wanted).values_list(
        "day", "attribute", "device_model", "n", "histogram", Value("")
    )
    categorical = DailyCategory.objects.filter(**wanted).values_list(
        "day", "attribute", "device_model", "n", Value(None, histogram_field()), "category"
    )
    inputs: dict[str, Inputs] = defaultdict(Inputs)
    categories: dict[str, Categories] = defaultdict(Categories)
    for then, attribute, device, n, bins, value in numeric.union(categorical, all=True):
        if bins is not None:
            inputs[attribute].compared.add(n, bins, is_reference=then != day)
            inputs[attribute].devices[device].add(n, bins, is_reference=then != day)
        else:
            place = 0 if then == day else 1
            categories[attribute].values[value][place] += n
            categories[attribute].devices[device][value][place] += n
    return inputs, categories
