"""Write stories into the native shape "tables": normalised, with numbers for keys and states."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from psycopg import Connection

from fleet.demo.faults import NEW_SCANNER
from fleet.demo.services import Finding
from fleet.demo.story import Attempt, Garbage, Story
from fleet.demo.world import World

STUDY = (
    "study_uid", "case_token", "came_at", "acquired_at", "modality", "body_part", "views", "sides",
    "n_series", "n_images", "bytes", "clinic", "device_id", "image_rows", "image_cols",
    "spacing_mm", "photometric", "intent", "bits", "kvp", "exposure_uas", "exposure_index",
    "deviation_index", "thickness_mm", "compression_n", "age", "sex", "changed_at",
)  # fmt: skip
TASK = (
    "service", "service_version", "attempt", "state", "queued_at", "fetch_started_at",
    "fetch_ended_at", "started_at", "ended_at", "sent_at", "error_code", "error_text", "node_id",
    "fallback", "fallback_reason", "scale", "peak_mb", "changed_at",
)  # fmt: skip
FINDING = (
    "model_version", "label", "side", "prob", "threshold", "n_boxes", "largest_mm", "created_at",
)  # fmt: skip
REJECTED = ("at", "stage", "reason", "filter_version", "score", "modality", "device_id")
STATES = {"queued": 0, "running": 1, "done": 2, "failed": 3, "rejected": 4, "timeout": 5}
FALLBACKS = {"none": 0, "cpu": 1, "resize": 2}
SEQUENCES = {"studies": "study_id", "tasks": "task_id", "findings": "finding_id"}
# By table, the rows that belong to studies.
_TASKS = "SELECT task_id FROM tasks JOIN studies USING (study_id) WHERE study_uid = ANY (%s)"
_STUDIES = "SELECT study_id FROM studies WHERE study_uid = ANY (%s)"
ERASED = {
    "findings": f"task_id IN ({_TASKS})",
    "tasks": f"study_id IN ({_STUDIES})",
    "studies": "study_uid = ANY (%s)",
}


def _insert(table: str, columns: tuple[str, ...]) -> str:
    values = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"  # noqa: S608  constants


def _upsert(table: str, columns: tuple[str, ...], key: tuple[str, ...], returning: str) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return (
        f"{_insert(table, columns)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes} "
        f"RETURNING {returning}"
    )


WRITE_STUDY = _upsert("studies", STUDY, ("study_uid",), "study_id")
WRITE_TASK = _upsert("tasks", ("study_id", *TASK), ("study_id", "service", "attempt"), "task_id")
WRITE_FINDING = _upsert(
    "findings", ("task_id", *FINDING), ("task_id", "label", "side"), "finding_id"
)

# A disk that fills in the course of a week and is then cleared; one check in ten minutes.
CHECK_NODES = """
INSERT INTO node_checks (node_id, at, disk_free_pct, ok)
SELECT node_id, at, free, free > 10
FROM nodes, generate_series(date_trunc('hour', %(since)s), %(now)s, interval '10 minutes') AS at,
LATERAL (SELECT round((70 - 9 * mod(extract(epoch FROM at)::numeric / 86400 + node_id, 7)), 1)
  ::float8 AS free) AS disk
WHERE at > (SELECT coalesce(max(at), '-infinity') FROM node_checks)
"""


class Tables:
    """Writes one region's stories as the tables show them at `now`."""

    def __init__(self, connection: Connection, world: World) -> None:
        self._connection = connection
        self._world = world
        self._token_key = f"vendor {world.sham.seed}".encode()
        self._study_ids, self._task_ids, self._finding_ids = count(1), count(1), count(1)

    def prepare(self, now: datetime) -> None:
        """Fill the look-up tables of an empty database, and three days of the nodes' checks."""
        devices = [
            (one.number, one.serial, one.model.vendor, one.model.name, one.model.software,
             one.model.detector)
            for one in (*self._world.all_scanners, NEW_SCANNER)
        ]  # fmt: skip
        nodes = [
            (number + 1, f"gpu-{number + 1:02}", "Tesla T4", "535.183.01", "RED OS 7.3.4")
            for number in range(self._world.sham.n_nodes)
        ]
        with self._connection.cursor() as cursor:
            cursor.executemany("INSERT INTO devices VALUES (%s, %s, %s, %s, %s, %s)", devices)
            cursor.executemany("INSERT INTO nodes VALUES (%s, %s, %s, %s, %s)", nodes)
            cursor.execute(CHECK_NODES, {"since": now - timedelta(days=3), "now": now})

    def copy(self, events: Iterable[Story | Garbage], now: datetime) -> None:
        """Append rows quickly; none of them may be there yet."""
        studies: list[Sequence[Any]] = []
        tasks: list[Sequence[Any]] = []
        findings: list[Sequence[Any]] = []
        rejected: list[Sequence[Any]] = []
        for event in events:
            if isinstance(event, Garbage):
                rejected.append(_rejected_row(event))
                continue
            story = event.at(now)
            study_id = next(self._study_ids)
            studies.append((study_id, *self._study_row(story, now)))
            for attempt in story.attempts:
                task_id = next(self._task_ids)
                tasks.append((task_id, study_id, *_task_row(story, attempt)))
                for one in attempt.findings:
                    findings.append((next(self._finding_ids), task_id, *_finding_row(attempt, one)))
        self._copy("studies", ("study_id", *STUDY), studies)
        self._copy("tasks", ("task_id", "study_id", *TASK), tasks)
        self._copy("findings", ("finding_id", "task_id", *FINDING), findings)
        self._copy("rejected", REJECTED, rejected)
        for table, key in SEQUENCES.items():
            self._connection.execute(
                f"SELECT setval('{table}_{key}_seq', greatest(1, (SELECT max({key}) FROM {table})))"  # noqa: S608  constants
            )

    def erase(self, uids: Sequence[str]) -> None:
        """Remove studies with all that was written of them."""
        for table, where in ERASED.items():
            self._connection.execute(f"DELETE FROM {table} WHERE {where}".encode(), [list(uids)])  # noqa: S608  constants

    def write(self, events: Iterable[Story | Garbage], now: datetime) -> None:
        """Insert or overwrite the rows of the events; check the nodes when that is due."""
        with self._connection.cursor() as cursor:
            cursor.execute(CHECK_NODES, {"since": now - timedelta(hours=3), "now": now})
            for event in events:
                if isinstance(event, Garbage):
                    cursor.execute(_insert("rejected", REJECTED), _rejected_row(event))
                    continue
                story = event.at(now)
                cursor.execute(WRITE_STUDY, self._study_row(story, now))
                (study_id,) = cursor.fetchone() or ()
                for attempt in story.attempts:
                    cursor.execute(WRITE_TASK, (study_id, *_task_row(story, attempt)))
                    (task_id,) = cursor.fetchone() or ()
                    for one in attempt.findings:
                        cursor.execute(WRITE_FINDING, (task_id, *_finding_row(attempt, one)))

    def _copy(self, table: str, columns: tuple[str, ...], rows: list[Sequence[Any]]) -> None:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def _study_row(self, story: Story, now: datetime) -> Sequence[Any]:
        seen, model = story.acquisition, story.scanner.model
        token = hmac.digest(self._token_key, story.uid.encode(), "sha256").hex()
        changed_at = max(moment for moment in story.moments() if moment <= now)
        return (
            story.uid, token, story.received_at, story.acquired_at, model.modality, seen.body_part,
            list(seen.views), list(seen.sides), seen.n_series, seen.n_images, seen.size_bytes,
            story.scanner.clinic, story.scanner.number, seen.rows, seen.cols, model.spacing_mm,
            model.photometric, "FOR PRESENTATION", model.bits, seen.kvp, seen.exposure_uas,
            seen.index, seen.deviation, seen.thickness_mm, seen.force_n, seen.age, seen.sex,
            changed_at,
        )  # fmt: skip


def _task_row(story: Story, attempt: Attempt) -> Sequence[Any]:
    return (
        story.service.code, attempt.version, attempt.number, STATES[attempt.outcome],
        attempt.queued_at, attempt.fetch_started_at, attempt.fetch_ended_at,
        attempt.started_at if attempt.outcome != "queued" else None, attempt.ended_at,
        attempt.sent_at, attempt.error_class,
        f"{attempt.error_class} in {story.uid}" if attempt.error_class else None,
        attempt.node + 1, FALLBACKS[attempt.fallback], attempt.fallback_reason, attempt.scale,
        attempt.peak_mb, attempt.sent_at or attempt.ended_at or attempt.queued_at,
    )  # fmt: skip


def _finding_row(attempt: Attempt, one: Finding) -> Sequence[Any]:
    return (
        attempt.version, one.label, one.side, one.prob, one.threshold, one.n_boxes,
        one.largest_mm, attempt.ended_at,
    )  # fmt: skip


def _rejected_row(garbage: Garbage) -> Sequence[Any]:
    return (
        garbage.at, garbage.stage, garbage.reason, "1.3", garbage.score, garbage.modality,
        garbage.scanner.number,
    )  # fmt: skip
