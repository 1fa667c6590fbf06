"""A center and many sham regions behind one line with a round trip of 50 ms."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from fleet.demo.postgres import Cluster
from fleet.demo.servers import LOOPBACK
from regions.contract import install_sql
from regions.credentials import seal
from regions.models import AccessPath, Region
from regions.passwords import new_password, verifier

PASSWORD = new_password()
N_DATABASES = 100
STUDIES_A_DAY = 833
# Rows lie in the order in which they came, as a region writes them.
FILL = """
INSERT INTO study_native (study_ref, received_at, modality, manufacturer, model_name, kvp,
  patient_age_years, n_images)
SELECT 's' || g, received_at, 'MG', 'Maker', 'M' || g % 3, 24 + random() * 10,
  40 + random() * 30, 4
FROM (SELECT g, now() - random() * interval '{days} days' AS received_at
      FROM generate_series(1, {n}) AS g) AS arrival
ORDER BY received_at;
INSERT INTO attempt_native (attempt_ref, study_ref, attempt_no, pipeline_code, pipeline_version,
  queued_at, started_at, ended_at, status, device_ref, fallback_kind)
SELECT 'a' || row_id, study_ref, 1, 'mammo', '2.4', received_at + interval '1 s',
  received_at + interval '1 s' * (1 + random() * 10),
  received_at + interval '1 s' * (20 + random() * 100),
  CASE WHEN random() < 0.97 THEN 'done' ELSE 'failed' END, 'gpu-' || row_id % 2, 'none'
FROM study_native ORDER BY received_at;
INSERT INTO prediction_native (attempt_ref, study_ref, model_code, model_version, class_code,
  score, is_positive, n_objects, max_object_mm)
SELECT attempt_ref, study_ref, 'mammo-cls', '7', 'class-' || k, random() ^ 3, random() < 0.1, 1,
  random() * 40
FROM attempt_native, generate_series(1, 4) k ORDER BY attempt_native.row_id;
ANALYZE;
"""
# Many regions share a database; each has its own reader, who tells which region is meant.
OVERLAY_INFO = """
CREATE OR REPLACE VIEW fleet_contract.contract_info AS SELECT 1 AS major, 0 AS minor,
  current_user::text COLLATE "default" AS region_code, 'bench'::text AS site_code,
  clock_timestamp() AS db_now,
  'Europe/Moscow'::text AS site_tz,
  ARRAY['study', 'processing', 'prediction', 'input_rejection'] AS provides,
  'bench'::text AS source_system, '1'::text AS source_version;
"""


def create_regions(cluster: Cluster, n_regions: int, port: int, days: float) -> list[Region]:
    """Create databases, readers and the center's rows; every path is direct to `port`."""
    rig = Path(__file__).parent.parent / "tests" / "rig"
    overlay = (rig / "overlay.sql").read_text().replace("{code}", "'x'::text")
    overlay = overlay.replace("{tz}", "'Europe/Moscow'::text")
    cluster.create_database("bench")
    cluster.execute(install_sql() + (rig / "native.sql").read_text() + overlay, "bench")
    fill = FILL.format(days=days, n=round(STUDIES_A_DAY * days))
    cluster.execute(OVERLAY_INFO + fill, "bench")
    for number in range(N_DATABASES):
        cluster.create_database(f"bench{number}", template="bench")
    codes = [f"r{number:04}" for number in range(n_regions)]
    with cluster.connect() as superuser:
        for code in codes:
            superuser.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(code), sql.Literal(verifier(PASSWORD))
                )
            )
        superuser.execute("CREATE ROLE readers")
        superuser.execute(sql.SQL("GRANT readers TO {}").format(_identifiers(codes)))
        for code in codes:
            superuser.execute(sql.SQL("ALTER ROLE {} SET jit = off").format(sql.Identifier(code)))
    for number in range(N_DATABASES):
        cluster.execute(
            "GRANT USAGE ON SCHEMA fleet_contract TO readers;"
            "GRANT SELECT ON ALL TABLES IN SCHEMA fleet_contract TO readers",
            f"bench{number}",
        )
    return [_region(code, number, port) for number, code in enumerate(codes)]


def drop_regions(cluster: Cluster) -> None:
    """Forget the center's rows and all that it made to reach regions, and the readers."""
    with center("FLEET_ADMIN_DATABASE_URL") as admin:
        admin.execute("SET client_min_messages = error")
        names = [row[0] for row in admin.execute("SELECT srvname FROM pg_foreign_server")]
        for name in names:
            for kind in ("SERVER", "SCHEMA"):
                statement = sql.SQL("DROP {} {} CASCADE").format(
                    sql.SQL(kind), sql.Identifier(name)
                )
                admin.execute(statement)
        admin.execute("TRUNCATE regions_region CASCADE")
    with cluster.connect() as superuser:
        databases = superuser.execute("SELECT datname FROM pg_database WHERE datname ~ '^bench'")
        for (name,) in databases.fetchall():
            superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        readers = superuser.execute(
            "SELECT rolname FROM pg_roles WHERE rolname ~ '^(r[0-9]|readers)'"
        )
        for (name,) in readers.fetchall():
            superuser.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _region(code: str, number: int, port: int) -> Region:
    region = Region.objects.create(
        code=code,
        name=code,
        time_zone="Europe/Moscow",
        database_name=f"bench{number % N_DATABASES}",
        database_user=code,
        database_password=seal(PASSWORD),
        collect_every=timedelta(minutes=5),
    )
    AccessPath.objects.create(
        region=region, kind="direct", database_host=LOOPBACK, database_port=port
    )
    return region


def touch(cluster: Cluster) -> None:
    """Add one study to the hour before this of every database: a whole one at any minute."""
    for number in range(N_DATABASES):
        cluster.execute(
            "INSERT INTO study_native (study_ref, received_at, modality)"
            " VALUES (gen_random_uuid()::text, now() - interval '1 hour', 'MG')",
            f"bench{number}",
        )


class Line:
    """A relay in a process of its own, so that it takes no time from the collector's threads."""

    def __init__(self, target_port: int, delay: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.line", str(target_port), str(delay)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._read())

    def n_bytes(self) -> tuple[int, int]:
        """Return the bytes to and from the target so far."""
        to_target, from_target = self.say("bytes").split()
        return int(to_target), int(from_target)

    def say(self, command: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def line(target_port: int, delay: float) -> Iterator[Line]:
    """Yield a relay; `delay` is seconds one way."""
    made = Line(target_port, delay)
    try:
        yield made
    finally:
        made.process.terminate()
        made.process.wait(timeout=10)


def center(user_variable: str = "FLEET_DATABASE_URL") -> psycopg.Connection[Any]:
    """Return an autocommit connection to the center."""
    return psycopg.connect(os.environ[user_variable], autocommit=True)


def _identifiers(names: list[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, names))
