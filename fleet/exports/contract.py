"""What a region's contract says of one study, asked in the region itself and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from fleet.exports.facts import Attempt, Prediction
from fleet.exports.ways.way import Trouble, WayFailed
from regions.blame import blame_query
from regions.deadline import hard_deadline
from regions.failures import Failure
from regions.models import FailureKind, Region
from regions.outcome import load_standing
from regions.probe import reach_region
from regions.sessions import borrowed_session

# The reader's own limit there is 60 s: `study` may have no index on the reference.
WITHIN_S = 75.0
TROUBLES = {
    FailureKind.TIMEOUT: Trouble.TIMEOUT,
    FailureKind.AUTH: Trouble.AUTH,
    FailureKind.HOST_KEY: Trouble.AUTH,
    FailureKind.CONTRACT: Trouble.CONFIGURATION,
    FailureKind.CONFIGURATION: Trouble.CONFIGURATION,
    FailureKind.NO_PATH: Trouble.CONFIGURATION,
}
# What the region sends is cut there; only what a package may hold is asked for.
STUDY = """
SELECT coalesce(left(study_uid, 64), '') AS study_uid, received_at,
       coalesce(left(storage_status, 20), '') AS storage_status, available_until,
       n_images, size_bytes
FROM fleet_contract.study WHERE study_ref = %s LIMIT 1
"""
ATTEMPTS = """
SELECT attempt_no, coalesce(left(pipeline_code, 100), '') AS pipeline_code,
       coalesce(left(pipeline_version, 100), '') AS pipeline_version,
       coalesce(left(status, 100), '') AS status,
       coalesce(left(error_class, 100), '') AS error_class,
       coalesce(left(fallback_kind, 100), '') AS fallback_kind,
       coalesce(left(device_kind, 100), '') AS device_kind,
       extract(epoch FROM started_at - queued_at)::float8 AS wait_s,
       extract(epoch FROM download_ended_at - download_started_at)::float8 AS download_s,
       extract(epoch FROM ended_at - started_at)::float8 AS processing_s, peak_mem_mb
FROM fleet_contract.processing WHERE study_ref = %s ORDER BY attempt_no, attempt_ref LIMIT 1000
"""
PREDICTIONS = """
SELECT coalesce(left(model_code, 100), '') AS model_code,
       coalesce(left(model_version, 100), '') AS model_version,
       coalesce(left(class_code, 100), '') AS class_code,
       coalesce(left(laterality, 10), '') AS laterality,
       CASE WHEN score BETWEEN -1e300 AND 1e300 THEN score END AS score,
       CASE WHEN threshold BETWEEN -1e300 AND 1e300 THEN threshold END AS threshold,
       is_positive, attempt_no
FROM fleet_contract.processing JOIN fleet_contract.prediction USING (attempt_ref)
WHERE processing.study_ref = %s
ORDER BY attempt_no, model_code, class_code, laterality LIMIT 10000
"""


@dataclass(frozen=True)
class StudyRow:
    """The study's row. Empty or None is what the region does not tell."""

    study_uid: str = field(repr=False)
    received_at: datetime | None
    storage_status: str
    available_until: datetime | None
    n_images: int | None
    size_bytes: int | None


@dataclass(frozen=True)
class Told:
    """All that a region says of one study. `row` is None for a study that it does not know."""

    row: StudyRow | None
    predictions: tuple[Prediction, ...]
    attempts: tuple[Attempt, ...]

    @property
    def study_uid(self) -> str:
        return self.row.study_uid if self.row else ""


def ask_region(region: Region, study_ref: str) -> Told:
    """Return what the region says of the study. Raises WayFailed."""
    try:
        with borrowed_session(region) as session:
            standing = load_standing(session.center, region)
            reach_region(session, region, standing.paths, standing.columns_hash)
            connection = session.region
            if connection is None:
                raise Failure(FailureKind.LINK, "The region's database closed the connection.")
            with (
                hard_deadline(connection, WITHIN_S, "asking the region for one study"),
                connection.transaction(),
            ):
                return _ask(connection, study_ref)
    except Failure as failure:
        raise _failed(failure) from None
    except psycopg.Error as error:
        raise _failed(blame_query(error, asked_directly=True)) from None


def _ask(connection: psycopg.Connection[Any], study_ref: str) -> Told:
    asked = [study_ref]
    with connection.cursor(row_factory=class_row(StudyRow)) as rows:
        row = rows.execute(STUDY, asked).fetchone()
    with connection.cursor(row_factory=class_row(Attempt)) as attempts:
        tried = tuple(attempts.execute(ATTEMPTS, asked))
    with connection.cursor(row_factory=class_row(Prediction)) as predictions:
        return Told(row, tuple(predictions.execute(PREDICTIONS, asked)), tried)


def _failed(failure: Failure) -> WayFailed:
    return WayFailed(TROUBLES.get(failure.kind, Trouble.LINK), failure.sentence)
