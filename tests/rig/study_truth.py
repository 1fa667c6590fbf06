"""A day of answers of every kind in a sham region, and the lists that its own rows give."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from regions.answers import Order
from tests.rig.region_database import RegionDatabase

STATUSES = ("done", "done", "done", "failed", "timeout", "rejected", "running", "queued", "odd")
CLASSES = ("malignancy", "calcification")
SCORES = (0.1, 0.5, 0.5, 0.9, 0.97, 1.0, float("nan"), float("inf"))
Answer = tuple[str, str]

# Every answer of the time, by the rule of the contract's hourly view.
ANSWERS = """
WITH last AS (
  SELECT DISTINCT ON (s.study_ref, p.pipeline_code) s.row_id AS study_id, s.study_ref,
    s.received_at, p.pipeline_code, p.attempt_ref, p.status,
    coalesce(p.delivered_at, p.ended_at) - s.received_at AS latency
  FROM study_native s LEFT JOIN attempt_native p USING (study_ref)
  WHERE s.received_at >= %(starts_at)s AND s.received_at < %(ends_at)s
  ORDER BY s.study_ref, p.pipeline_code, p.attempt_no DESC, p.row_id DESC)
SELECT study_id, study_ref, pipeline_code, received_at, status,
  CASE WHEN status = 'done' AND latency BETWEEN '0' AND '400 days' THEN latency END AS latency,
  CASE WHEN status = 'done' THEN (
    SELECT max(score) FROM prediction_native r
    WHERE r.attempt_ref = last.attempt_ref AND score < 'Infinity'
      AND class_code LIKE %(class_code)s AND model_code LIKE %(model_code)s) END AS score,
  (SELECT min(row_id) FROM attempt_native p
   WHERE p.study_ref = last.study_ref AND p.pipeline_code = last.pipeline_code) AS attempt_id
FROM last"""


def fill_day(database: RegionDatabase, noon: datetime, n: int, seed: int = 1) -> None:
    """Write n studies around noon with up to two pipelines, three attempts and all outcomes."""
    rng = random.Random(seed)
    for _ in range(n):
        received = noon + timedelta(seconds=rng.randrange(-5 * 3600, 5 * 3600))
        ref = database.insert_study(received, status=None, study_ref=f"s-{rng.getrandbits(64):x}")
        for pipeline in rng.sample(("mammo", "lung"), rng.choice((0, 1, 1, 1, 2))):
            _answer(database, rng, ref, pipeline, received)


def _answer(
    database: RegionDatabase, rng: random.Random, ref: str, pipeline: str, received: datetime
) -> None:
    for attempt_no in range(1, rng.choice((1, 1, 1, 2, 3)) + 1):
        ended = received + timedelta(seconds=rng.choice((-5, 30, 30, 60, 900, 86_400 * 500)))
        attempt = database.insert_attempt(
            ref,
            status=rng.choice(STATUSES),
            attempt_no=attempt_no,
            pipeline_code=pipeline,
            error_class=rng.choice(("oom", "crash", None)),
            queued_at=received,
            started_at=received + timedelta(seconds=3),
            ended_at=ended,
            delivered_at=rng.choice((None, ended + timedelta(seconds=rng.randrange(4)))),
        )
        for kind in rng.sample(CLASSES, rng.randrange(3)):
            model = rng.choice(("cad", "net"))
            score = rng.choice(SCORES)
            database.insert_prediction(attempt, ref, score, class_code=kind, model_code=model)


def expected(
    database: RegionDatabase,
    bounds: tuple[datetime, datetime],
    order: Order,
    class_code: str = "",
    model_code: str = "",
) -> list[Answer]:
    """Return (study, pipeline) in the order that the page must have."""
    params: dict[str, Any] = dict(zip(("starts_at", "ends_at"), bounds, strict=True))
    params |= {"class_code": class_code or "%", "model_code": model_code or "%"}
    cursor = database.connection.execute(ANSWERS, params)
    names = [column.name for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    value = {Order.SLOWEST: "latency", Order.SCORE: "score"}.get(order, "received_at")
    kept = [row for row in rows if row[value] is not None]
    if order is Order.FAILED:
        kept = [row for row in kept if row["status"] in {"failed", "timeout", "cancelled"}]
    elif class_code or model_code:
        kept = [row for row in kept if row["score"] is not None]
    kept.sort(key=lambda row: (row[value], row["study_id"], row["attempt_id"] or 0), reverse=True)
    return [(row["study_ref"], row["pipeline_code"] or "") for row in kept]
