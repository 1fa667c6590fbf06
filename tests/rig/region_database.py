"""A sham region's database: the contract over native tables, and short ways to write rows."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from fleet.demo.postgres import Cluster
from regions.contract import contract_sql, install_sql

HERE = Path(__file__).parent
TEMPLATE = "region_template"
_numbers = itertools.count(1)


class RegionDatabase:
    """One region's database in a cluster, `connection` being its superuser's (autocommit)."""

    def __init__(self, cluster: Cluster, code: str, time_zone: str) -> None:
        number = next(_numbers)
        self.cluster = cluster
        self.code = code
        self.time_zone = time_zone
        self.name = f"{code}_{number}"
        self.reader = f"reader_{code}_{number}"
        self.password = secrets.token_hex(8)
        self._refs = itertools.count(1)
        _create_template(cluster)
        cluster.create_database(self.name, template=TEMPLATE)
        self.connection: psycopg.Connection[Any] = cluster.connect(self.name)
        self._install()

    @property
    def url(self) -> str:
        """The reader's libpq URL over TCP."""
        return self.cluster.url(self.name, self.reader, self.password)

    @property
    def admin_url(self) -> str:
        return self.cluster.superuser_url(self.name)

    def execute(self, statement: str, params: Any = None) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser and return its rows."""
        cursor = self.connection.execute(statement.encode(), params)
        return cursor.fetchall() if cursor.description else []

    def drop(self) -> None:
        """End every session, remove database and reader."""
        self.connection.close()
        name, reader = sql.Identifier(self.name), sql.Identifier(self.reader)
        with self.cluster.connect() as superuser:
            superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
            superuser.execute(sql.SQL("DROP ROLE {}").format(reader))

    def insert_study(
        self,
        received_at: datetime,
        *,
        status: str | None = "done",
        scores: Iterable[float] = (),
        latency: timedelta = timedelta(seconds=60),
        attempt: dict[str, Any] | None = None,
        **columns: Any,
    ) -> str:
        """Insert a study, its attempt unless `status` is None, a prediction a score.

        Returns study_ref. `attempt` holds further columns of the attempt.
        """
        study_ref = columns.pop("study_ref", None) or f"study-{next(self._refs)}"
        study = {"modality": "MG", "manufacturer": "Acme", "model_name": "M1", "n_images": 4}
        self._insert(
            "study_native", {**study, **columns, "study_ref": study_ref, "received_at": received_at}
        )
        if status is not None:
            times = {
                "queued_at": received_at + timedelta(seconds=1),
                "started_at": received_at + min(timedelta(seconds=10), latency),
                "ended_at": received_at + latency,
            }
            ref = self.insert_attempt(study_ref, status=status, **{**times, **(attempt or {})})
            for score in scores:
                self.insert_prediction(ref, study_ref, score)
        return study_ref

    def insert_attempt(self, study_ref: str, *, status: str = "done", **columns: Any) -> str:
        """Insert one attempt and return attempt_ref."""
        attempt = {
            "attempt_ref": f"attempt-{next(self._refs)}",
            "attempt_no": 1,
            "pipeline_code": "mammo",
            "pipeline_version": "2.4.1",
            "device_kind": "gpu",
            "device_ref": "gpu-1",
            "fallback_kind": "none",
        }
        attempt.update(columns, study_ref=study_ref, status=status)
        self._insert("attempt_native", attempt)
        return str(attempt["attempt_ref"])

    def insert_prediction(
        self, attempt_ref: str, study_ref: str, score: float | None, **columns: Any
    ) -> None:
        """Insert one score; it is positive from the threshold 0.5 on."""
        prediction = {
            "model_code": "mammo-cls",
            "model_version": "7",
            "class_code": "malignancy",
            "score_kind": "probability",
            "threshold": 0.5,
            "is_positive": score is not None and score >= 0.5,
            "n_objects": 0,
        }
        refs = {"attempt_ref": attempt_ref, "study_ref": study_ref, "score": score}
        self._insert("prediction_native", {**prediction, **refs, **columns})

    def insert_rejection(self, rejected_at: datetime, **columns: Any) -> None:
        """Insert one object that was refused before it became a study."""
        rejection = {"stage": "filter", "reason_code": "not_mammography"}
        self._insert("rejection_native", {**rejection, "rejected_at": rejected_at, **columns})

    def _insert(self, table: str, values: dict[str, Any]) -> None:
        self.connection.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            list(values.values()),
        )

    def _install(self) -> None:
        overlay = (HERE / "overlay.sql").read_text()
        for word, value in (("{code}", self.code), ("{tz}", self.time_zone)):
            overlay = overlay.replace(word, f"{sql.Literal(value).as_string(None)}::text")
        self.connection.execute(overlay.encode())
        admit_reader(self.connection, self.reader, self.password)


def admit_reader(connection: psycopg.Connection[Any], reader: str, password: str) -> None:
    """Create the reading role, as the contract's last step does, and set its password."""
    database = connection.info.dbname
    reader_sql = contract_sql(reader, database).removeprefix(install_sql())
    connection.execute(reader_sql.encode())
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(reader), sql.Literal(password))
    )


def _create_template(cluster: Cluster) -> None:
    """Create the database that all of a cluster's regions are copies of, once."""
    there = cluster.execute(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'")
    if not there:
        cluster.create_database(TEMPLATE)
        cluster.execute(install_sql() + (HERE / "native.sql").read_text(), TEMPLATE)
