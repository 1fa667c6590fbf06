"""What the models of a region said on a local day, against the region's own days before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db import connection

from fleet.review.numbers import share

REFERENCE = timedelta(days=28)
NEW_FOR = timedelta(days=7)
_OUTPUTS = """
SELECT region_id, model_code, model_version, min(day),
  coalesce(sum(n_scored) FILTER (WHERE day = %(day)s), 0),
  coalesce(sum(n_positive) FILTER (WHERE day = %(day)s), 0),
  coalesce(sum(n_scored) FILTER (WHERE day < %(day)s), 0),
  coalesce(sum(n_positive) FILTER (WHERE day < %(day)s), 0)
FROM regions_dailyscore
WHERE region_id = ANY (%(ids)s) AND day BETWEEN %(first_day)s AND %(day)s
GROUP BY region_id, model_code, model_version
ORDER BY region_id, model_code, model_version"""


@dataclass(frozen=True, slots=True)
class ModelPositives:
    """Scores of one model version on the day, all classes and nodes together.

    `usual_share` is that of the model, whatever its version, over the REFERENCE before, so that
    a new version is held against the one that it replaced; None where nothing was scored.
    """

    model_code: str
    model_version: str
    n_scored: int
    n_positive: int
    share: float | None
    usual_share: float | None


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version that scored on the day. `first_day` is the first on which it did, looked for in
    the REFERENCE before. It `is_new` within NEW_FOR of it, if another version was there before.
    """

    model_code: str
    version: str
    first_day: date
    is_new: bool


@dataclass(frozen=True, slots=True)
class Outputs:
    """Both by model and version, in a stable order."""

    positives: tuple[ModelPositives, ...] = ()
    versions: tuple[ModelVersion, ...] = ()


class _Row(NamedTuple):
    region: int
    model: str
    version: str
    first_day: date
    n_scored: int
    n_positive: int
    n_scored_before: int
    n_positive_before: int


def outputs(day: date, ids: Collection[int]) -> dict[int, Outputs]:
    """Return what each region's models said on the day, by the region's id, in one query.

    Days are the profiles' (DailyScore), which follow a running day once an hour.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OUTPUTS, {"ids": list(ids), "day": day, "first_day": day - REFERENCE})
        rows = [_Row(*row) for row in cursor.fetchall()]
    return {
        region: _outputs(day, list(of_region)) for region, of_region in groupby(rows, itemgetter(0))
    }


def _outputs(day: date, rows: list[_Row]) -> Outputs:
    by_model: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        by_model[row.model].append(row)
    scoring = [row for row in rows if row.n_scored]
    return Outputs(
        tuple(_positives(row, by_model[row.model]) for row in scoring),
        tuple(_version(row, by_model[row.model], day) for row in scoring),
    )


def _positives(row: _Row, model: list[_Row]) -> ModelPositives:
    n_before = sum(other.n_scored_before for other in model)
    n_positive_before = sum(other.n_positive_before for other in model)
    return ModelPositives(
        row.model,
        row.version,
        row.n_scored,
        row.n_positive,
        share(row.n_positive, row.n_scored),
        share(n_positive_before, n_before),
    )


def _version(row: _Row, model: list[_Row], day: date) -> ModelVersion:
    has_older = any(other.first_day < row.first_day for other in model)
    is_young = row.first_day > day - NEW_FOR
    return ModelVersion(row.model, row.version, row.first_day, is_young and has_older)
