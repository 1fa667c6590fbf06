"""What the rollups must hold: a region's native rows counted one by one in Python.

It shares nothing with the contract's views but the words of the contract, so that a mistake in
their SQL is not repeated here.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from tests.rig.region_database import RegionDatabase

Row = dict[str, Any]
Table = dict[tuple[Any, ...], Row]
Rollups = dict[str, Table]

OUTCOMES = {
    "done": "n_done",
    "rejected": "n_rejected",
    "queued": "n_pending",
    "running": "n_pending",
    "failed": "n_failed",
    "timeout": "n_failed",
    "cancelled": "n_failed",
}
RANGES = {
    "n_images": (0, 62),
    "image_rows": (0, 6200),
    "image_cols": (0, 6200),
    "pixel_spacing_mm": (0, Fraction("1.24")),
    "bits_stored": (0, 62),
    "kvp": (0, 155),
    "exposure_uas": (0, 310_000),
    "exposure_index": (0, 3100),
    "deviation_index": (Fraction("-15.5"), Fraction("15.5")),
    "body_part_thickness_mm": (0, 124),
    "compression_force_n": (0, 248),
    "patient_age_years": (0, 124),
}
CATEGORIES = (
    *("modality", "body_part", "org_code", "device_software", "detector_type", "photometric"),
    *("presentation_intent", "patient_sex", "view_positions", "lateralities"),
)
# The upper edges of the 128 logarithmic bins from 10 ms to 1000 s, but the last.
EDGES = [0.01 * 10 ** (n / 25.6) for n in range(1, 128)]
A_LONG_TIME = timedelta(days=400)


@dataclass
class Bucket:
    """One hour or one local day, while it is being counted."""

    counts: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def quantiles(self) -> Row:
        return {
            **{f"latency_p{p}_s": quantile(self.latencies, p) for p in (50, 95, 99)},
            **{f"wait_p{p}_s": quantile(self.waits, p) for p in (50, 95)},
        }

    def histograms(self) -> Row:
        return {
            "latency_histogram": time_histogram(self.latencies),
            "wait_histogram": time_histogram(self.waits),
        }


def expected_rollups(database: RegionDatabase) -> Rollups:
    """Return the rows of each rollup table by key; a table is named as its model."""
    zone = ZoneInfo(database.time_zone)
    studies = _rows(database, "study_native")
    attempts = _grouped(_rows(database, "attempt_native"), "study_ref")
    predictions = _grouped(_rows(database, "prediction_native"), "attempt_ref")
    truth = Truth(zone)
    for study in studies:
        truth.count_study(study)
        for attempt in _last_attempts(attempts[study["study_ref"]]) or [None]:
            truth.count_answer(study, attempt)
            if attempt and attempt["status"] == "done":
                for prediction in predictions[attempt["attempt_ref"]]:
                    truth.count_prediction(study, attempt, prediction)
    for rejection in _rows(database, "rejection_native"):
        truth.count_rejection(rejection)
    return truth.tables()


class Truth:
    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.hours: dict[datetime, Bucket] = defaultdict(Bucket)
        self.flows: dict[tuple[Any, ...], Bucket] = defaultdict(Bucket)
        self.outputs: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        self.causes: Counter[tuple[Any, ...]] = Counter()
        self.inputs: dict[tuple[Any, ...], list[float]] = defaultdict(list)
        self.categories: Counter[tuple[Any, ...]] = Counter()
        self.scores: dict[tuple[Any, ...], list[Row]] = defaultdict(list)

    def hour(self, moment: datetime) -> datetime:
        local = moment.astimezone(self.zone)
        return moment - timedelta(
            minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )

    def count_study(self, study: Row) -> None:
        self.hours[self.hour(study["received_at"])].counts["n_received"] += 1
        day = study["received_at"].astimezone(self.zone).date()
        maker = " ".join(w for w in (study["manufacturer"], study["model_name"]) if w is not None)
        for attribute in RANGES:
            value = study[attribute]
            if value is not None and math.isfinite(value):
                self.inputs[day, attribute, maker[:64]].append(value)
        for attribute in CATEGORIES:
            value = study[attribute]
            text = " ".join(value) if isinstance(value, list) else value or ""
            self.categories[day, attribute, maker[:64], text[:64]] += 1

    def count_answer(self, study: Row, attempt: Row | None) -> None:
        hour = self.hour(study["received_at"])
        last = attempt or defaultdict(lambda: None, status="queued")
        outcome = OUTCOMES.get(last["status"], "n_unknown")
        key = (hour, _text(last["pipeline_code"]), _text(last["pipeline_version"]))
        latency, wait = _latency(study, last), _wait(study, last)
        for bucket in (self.hours[hour], self.flows[(*key, (study["modality"] or "")[:16])]):
            bucket.counts.update(("n_expected", outcome))
            if outcome == "n_done" and last["fallback_kind"] not in (None, "none"):
                bucket.counts["n_fallback"] += 1
            if outcome == "n_done" and latency is None:
                bucket.counts["n_bad_latency"] += 1
            bucket.latencies += [latency] if latency is not None else []
            bucket.waits += [wait] if wait is not None else []
        if outcome in ("n_failed", "n_rejected"):
            kind = outcome.removeprefix("n_")
            self.causes[hour, kind, _text(last["error_class"]), _text(last["error_side"])] += 1
        if outcome == "n_done" and last["fallback_kind"] not in (None, "none"):
            reason = _text(last["fallback_reason"])
            self.causes[hour, "fallback", _text(last["fallback_kind"]), reason] += 1

    def count_prediction(self, study: Row, attempt: Row, prediction: Row) -> None:
        hour = self.hour(study["received_at"])
        day = study["received_at"].astimezone(self.zone).date()
        names = ("model_code", "model_version", "class_code")
        key = (*(_text(prediction[name]) for name in names), _text(attempt["device_ref"]))
        self.outputs[(hour, *key)].append(prediction)
        self.scores[(day, *key)].append(prediction)
        self.hours[hour].counts["n_scored"] += 1
        self.hours[hour].counts["n_positive"] += bool(prediction["is_positive"])

    def count_rejection(self, rejection: Row) -> None:
        hour = self.hour(rejection["rejected_at"])
        self.hours[hour].counts["n_filtered"] += 1
        reason, stage = _text(rejection["reason_code"]), _text(rejection["stage"])
        self.causes[hour, "rejected", reason, stage] += 1

    def tables(self) -> Rollups:
        days: dict[Any, Bucket] = defaultdict(Bucket)
        for hour, bucket in self.hours.items():
            day = days[hour.astimezone(self.zone).date()]
            day.counts.update(bucket.counts)
            day.latencies += bucket.latencies
            day.waits += bucket.waits
        return {
            "HourlyRollup": {
                (hour,): {
                    "day": hour.astimezone(self.zone).date(),
                    **bucket.counts,
                    **bucket.quantiles(),
                }
                for hour, bucket in self.hours.items()
            },
            "HourlyFlow": {
                key: {**bucket.counts, **bucket.histograms()} for key, bucket in self.flows.items()
            },
            "HourlyOutput": {
                key: {**_counts(rows), **_spread(rows)} for key, rows in self.outputs.items()
            },
            "HourlyCause": {key: {"n": n} for key, n in self.causes.items()},
            "DailyRollup": {
                (day,): {**bucket.counts, **bucket.quantiles(), **bucket.histograms()}
                for day, bucket in days.items()
            },
            "DailyScore": {
                key: {**_counts(rows), **_profile(rows)} for key, rows in self.scores.items()
            },
            "DailyInput": {
                (day, attribute, maker): {
                    "n": len(values),
                    "histogram": histogram(values, *RANGES[attribute]),
                }
                for (day, attribute, maker), values in self.inputs.items()
            },
            "DailyCategory": {key: {"n": n} for key, n in self.categories.items()},
        }


def quantile(values: list[float], percent: int) -> float | None:
    """Return the exact quantile by nearest rank, within what the bins can tell apart."""
    if not values:
        return None
    rank = math.ceil(Fraction(percent, 100) * len(values))
    return min(1000.0, max(0.01, sorted(values)[rank - 1]))


def time_histogram(seconds: Iterable[float]) -> list[int]:
    counts = Counter(bisect_right(EDGES, value) for value in seconds)
    return [counts[n] for n in range(128)]


def histogram(values: Iterable[float], low: Any, high: Any) -> list[int]:
    """Return the counts of 62 equal bins between one for what is below and one for above."""
    step = Fraction(high - low) / 62
    counts: Counter[int] = Counter()
    for value in values:
        exact = Fraction(str(value))
        if exact < low or exact > high:
            counts[0 if exact < low else 63] += 1
        else:
            counts[min(62, math.floor((exact - low) / step) + 1)] += 1
    return [counts[n] for n in range(64)]


def _counts(predictions: list[Row]) -> Row:
    return {
        "n_scored": len(predictions),
        "n_positive": sum(bool(p["is_positive"]) for p in predictions),
        "n_invalid": len(predictions) - len(_finite(predictions, "score")),
        "n_objects": sum(min(max(p["n_objects"] or 0, 0), 1000) for p in predictions),
    }


def _spread(predictions: list[Row]) -> Row:
    groups = Counter(_finite(predictions, "score"))
    return {"n_distinct": len(groups), "n_identical": max(groups.values(), default=0)}


def _profile(predictions: list[Row]) -> Row:
    return {
        "score_histogram": histogram(_finite(predictions, "score"), 0, 1),
        "size_histogram": histogram(_finite(predictions, "max_object_mm"), 0, 124),
    }


def _finite(rows: list[Row], column: str) -> list[float]:
    return [r[column] for r in rows if r[column] is not None and math.isfinite(r[column])]


def _last_attempts(attempts: list[Row]) -> list[Row]:
    last: dict[Any, Row] = {}
    for attempt in sorted(attempts, key=_order):
        last[attempt["pipeline_code"]] = attempt
    return list(last.values())


def _order(attempt: Row) -> tuple[bool, int, int]:
    """A number that is missing comes before all numbers."""
    number = attempt["attempt_no"]
    return number is not None, number or 0, attempt["row_id"]


def _latency(study: Row, attempt: Row) -> float | None:
    end = attempt["delivered_at"] or attempt["ended_at"]
    if attempt["status"] != "done" or end is None:
        return None
    latency = end - study["received_at"]
    return latency.total_seconds() if timedelta() <= latency <= A_LONG_TIME else None


def _wait(study: Row, attempt: Row) -> float | None:
    queued_at, started_at = attempt["queued_at"], attempt["started_at"]
    if queued_at is None or started_at is None or queued_at <= study["received_at"] - A_LONG_TIME:
        return None
    wait = started_at - queued_at
    return wait.total_seconds() if timedelta() <= wait <= A_LONG_TIME else None


def _text(value: str | None) -> str:
    return (value or "")[:64]


def _rows(database: RegionDatabase, table: str) -> list[Row]:
    with database.connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"SELECT * FROM {table}".encode()).fetchall()


def _grouped(rows: list[Row], column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups
