"""Twelve clients that change a region's rows at once, each in its own way of going wrong.

`python -m tests.rig.writers SEED`, the database's address in WRITERS_URL, writes until its
standard input closes and prints how often it did what.
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

N_WRITERS = 12
LONGEST_HOLD_S = 5
SECONDS_AN_HOUR = 5
STATUSES = ("done",) * 6 + ("failed", "timeout", "rejected", "queued", "running", "vanished")
SCORES: tuple[float | None, ...] = (0.125, 0.125, 0.5, 1.0, -0.1, math.nan, math.inf, None)
ODD_TEXTS = (None, "", "M1", "М1 «снимок»", "<b>M1</b>", "'; DROP TABLE study_native; --", "x" * 99)


class Writers:
    """The child process with the twelve."""

    def __init__(self, url: str, seed: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.rig.writers", str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "WRITERS_URL": url},
        )

    def stop(self) -> Counter[str]:
        """Let each finish its transaction and return how often they did what."""
        output, _ = self._process.communicate(timeout=LONGEST_HOLD_S + 10)
        return Counter(json.loads(output))

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


class Writer:
    """One client. Its transactions do one to four things, and then wait, commit or roll back."""

    def __init__(self, url: str, seed: str, stopping: threading.Event) -> None:
        self.random = random.Random(seed)
        self.stopping = stopping
        self.begun_at = time.monotonic()
        self.done: Counter[str] = Counter()
        self.connection = psycopg.connect(url, options="-c lock_timeout=500ms")

    def run(self) -> None:
        with self.connection:
            while not self.stopping.is_set():
                try:
                    self._transact()
                except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                    self._roll_back()
                self.stopping.wait(self.random.uniform(0, 0.1))

    def _transact(self) -> None:
        done: Counter[str] = Counter()
        for _ in range(self.random.randint(1, 4)):
            verb = self.random.choice(VERBS)
            with self.connection.transaction() as savepoint:
                done[verb.__name__] += verb(self)
                if self.random.random() < 0.15:
                    self.done["savepoint"] += 1
                    done[verb.__name__] -= 1
                    raise psycopg.Rollback(savepoint)
            self._hold()
        if self.random.random() < 0.2:
            self._roll_back()
        else:
            self.connection.commit()
            self.done += done

    def _hold(self) -> None:
        if self.random.random() < 0.1:
            self.done["hold"] += 1
            self.stopping.wait(LONGEST_HOLD_S * self.random.random() ** 3)

    def _roll_back(self) -> None:
        self.connection.rollback()
        self.done["rollback"] += 1

    def insert(self, table: str, **values: Any) -> None:
        self.connection.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            list(values.values()),
        )

    def pick(self, table: str) -> dict[str, Any] | None:
        """Return a row that nobody else holds, locked: seldom one of the older ones."""
        statement = (
            "SELECT * FROM {} WHERE row_id >= (SELECT max(row_id) - %s FROM {})"
            " ORDER BY row_id LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
        cursor = self.connection.cursor(row_factory=psycopg.rows.dict_row)
        name = sql.Identifier(table)
        n_back = self.random.uniform(0, 1000 if self.random.random() < 0.01 else 30)
        return cursor.execute(sql.SQL(statement).format(name, name), [n_back]).fetchone()

    def update(self, table: str, **values: Any) -> bool:
        """Change these columns of a picked row."""
        row = self.pick(table)
        if row is not None:
            pairs = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values]
            self.connection.execute(
                sql.SQL("UPDATE {} SET {} WHERE row_id = %s").format(
                    sql.Identifier(table), sql.SQL(", ").join(pairs)
                ),
                [*values.values(), row["row_id"]],
            )
        return row is not None

    def delete(self, table: str, column: str = "row_id") -> Any:
        """Delete a picked row and return its value of `column`, or None."""
        row = self.pick(table)
        if row is None:
            return None
        self.connection.execute(
            sql.SQL("DELETE FROM {} WHERE row_id = %s").format(sql.Identifier(table)),
            [row["row_id"]],
        )
        return row[column]

    def ref(self) -> str:
        return f"{self.random.getrandbits(64):x}"

    def moment(self) -> datetime:
        """Return a moment in the hour that is written now, seldom one up to 60 hours ago.

        That hour moves into the past, so that hours which were collected under fire come to rest.
        """
        hours_back = (time.monotonic() - self.begun_at) / SECONDS_AN_HOUR - 1
        if self.random.random() < 0.03:
            hours_back = self.random.uniform(0, 60)
        return datetime.now(UTC) - timedelta(hours=hours_back + self.random.random())

    def attempt_columns(self) -> dict[str, Any]:
        begun = self.moment()
        seconds = 10 ** self.random.uniform(-2.5, 3.5)
        return {
            "status": self.random.choice(STATUSES),
            "queued_at": begun,
            "started_at": begun + timedelta(seconds=self.random.choice((-1, seconds / 3))),
            "delivered_at": self.random.choice((None, begun + timedelta(seconds=seconds))),
            "ended_at": self.random.choice((None, begun + timedelta(seconds=seconds))),
            "pipeline_version": self.random.choice(("1", "2", None)),
            "fallback_kind": self.random.choice(("none", "none", None, "cpu", "smaller")),
            "error_class": self.random.choice((None, "oom", "bad_input")),
            "error_side": self.random.choice((None, "gpu", "<i>pacs</i>")),
            "device_ref": self.random.choice(("gpu-1", "gpu-2", None)),
        }

    def study_columns(self) -> dict[str, Any]:
        return {
            "modality": self.random.choice(("MG", "CR", "DX", None)),
            "manufacturer": self.random.choice(("Acme", "ООО «Рентген»", None)),
            "model_name": self.random.choice(ODD_TEXTS),
            "n_images": self.random.choice((None, 1, 4, 62, 63, -1)),
            "kvp": self.random.choice((None, 28.5, math.nan, math.inf, 155.0)),
            "patient_sex": self.random.choice(("F", "M", None)),
            "lateralities": self.random.choice((["L", "R"], [], None)),
        }


def insert_study(writer: Writer) -> bool:
    study_ref, received_at = writer.ref(), writer.moment()
    columns = writer.study_columns()
    writer.insert("study_native", study_ref=study_ref, received_at=received_at, **columns)
    for number in range(writer.random.choice((0, 1, 1, 1, 2))):
        _insert_attempt(writer, study_ref, number + 1)
    return True


def insert_attempt(writer: Writer) -> bool:
    study = writer.pick("study_native")
    if study is not None:
        _insert_attempt(writer, study["study_ref"], writer.random.choice((None, 2, 3)))
    return study is not None


def _insert_attempt(writer: Writer, study_ref: str, number: int | None) -> None:
    attempt_ref = writer.ref()
    writer.insert(
        "attempt_native",
        attempt_ref=attempt_ref,
        study_ref=study_ref,
        attempt_no=number,
        pipeline_code=writer.random.choice(("mammo", "mammo", "chest")),
        **writer.attempt_columns(),
    )
    for _ in range(writer.random.randint(0, 3)):
        writer.insert(
            "prediction_native",
            attempt_ref=attempt_ref,
            study_ref=study_ref,
            model_code=writer.random.choice(("mammo-cls", "birads")),
            model_version=writer.random.choice(("7", "8")),
            class_code=writer.random.choice(("malignancy", None)),
            score=writer.random.choice((*SCORES, round(writer.random.random(), 3))),
            is_positive=writer.random.choice((True, False, None)),
            n_objects=writer.random.choice((None, 0, 3)),
            max_object_mm=writer.random.choice((None, 12.3, 124.0, math.nan)),
        )


def insert_rejection(writer: Writer) -> bool:
    writer.insert(
        "rejection_native",
        rejected_at=writer.moment(),
        stage=writer.random.choice(("filter", "gateway", None)),
        reason_code=writer.random.choice(("not_mammography", "unreadable")),
    )
    return True


def update_study(writer: Writer) -> bool:
    return writer.update("study_native", **writer.study_columns())


def update_attempt(writer: Writer) -> bool:
    return writer.update("attempt_native", **writer.attempt_columns())


def update_prediction(writer: Writer) -> bool:
    score = round(writer.random.random(), 3)
    return writer.update("prediction_native", score=score, is_positive=score >= 0.5)


def move_study(writer: Writer) -> bool:
    return writer.update("study_native", received_at=writer.moment())


def move_rejection(writer: Writer) -> bool:
    return writer.update("rejection_native", rejected_at=writer.moment())


def move_attempt(writer: Writer) -> bool:
    """Give an attempt to another study, as when an identity was corrected."""
    study = writer.pick("study_native")
    return study is not None and writer.update("attempt_native", study_ref=study["study_ref"])


def delete_study(writer: Writer) -> bool:
    study_ref = writer.delete("study_native", "study_ref")
    gone = writer.connection.execute(
        "DELETE FROM attempt_native WHERE study_ref = %s RETURNING attempt_ref", [study_ref]
    )
    refs = [ref for (ref,) in gone]
    writer.connection.execute("DELETE FROM prediction_native WHERE attempt_ref = ANY (%s)", [refs])
    return study_ref is not None


def delete_part(writer: Writer) -> bool:
    table = writer.random.choice(("attempt_native", "prediction_native", "rejection_native"))
    return writer.delete(table) is not None


VERBS: tuple[Callable[[Writer], bool], ...] = (
    *(insert_study,) * 8,
    *(insert_attempt, insert_rejection, insert_rejection),
    *(update_study, update_attempt, update_attempt, update_prediction, update_prediction),
    *(move_study, move_study, move_rejection, move_attempt),
    *(delete_study, delete_study, delete_part),
)


def main(seed: str) -> None:
    stopping = threading.Event()
    url = os.environ["WRITERS_URL"]
    writers = [Writer(url, f"{seed}-{number}", stopping) for number in range(N_WRITERS)]
    threads = [threading.Thread(target=writer.run) for writer in writers]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stopping.set()
    for thread in threads:
        thread.join()
    json.dump(sum((writer.done for writer in writers), Counter()), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
