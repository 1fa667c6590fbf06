"""Twelve regions behind lines of their own, seven of them with a fault, and the story of a day."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg import sql

from fleet.demo.postgres import Cluster
from fleet.demo.relay import Relay
from fleet.demo.servers import LOOPBACK, Process
from fleet.demo.ssh import SshServer
from regions import tasks
from regions.models import HourlyRollup, Region, RegionStatus, TunnelState
from tests.rig.region_database import RegionDatabase
from tests.rig.regions import create_region, lead_through

HEALTHY = ("ok1", "ok2", "ok3", "ok4", "ok5")
FAULTY = ("refuses", "silent", "mute", "column", "stranger", "password", "slow")
ROOT = Path(__file__).resolve().parents[2]
ONE_WAY_S = 0.025
SLOW_ONE_WAY_S = 0.150
WITHIN_S = 40
SOCKET = ".s.PGSQL.5432"

# Studies of the last hours, each with an attempt and a prediction.
FILL = """
WITH s AS (
  INSERT INTO study_native (study_ref, received_at, modality, manufacturer, model_name, n_images)
  SELECT gen_random_uuid(), now() - random() * interval '1 hour' * %(hours)s, 'MG', 'Acme', 'M1', 4
  FROM generate_series(1, %(n)s) RETURNING study_ref, received_at),
a AS (
  INSERT INTO attempt_native (attempt_ref, study_ref, attempt_no, pipeline_code, pipeline_version,
    device_kind, device_ref, fallback_kind, status, queued_at, started_at, ended_at)
  SELECT 'a' || study_ref, study_ref, 1, 'mammo', '2.4.1', 'gpu', 'gpu-1', 'none', 'done',
    received_at, received_at + interval '2 s', received_at + interval '40 s'
  FROM s RETURNING attempt_ref, study_ref)
INSERT INTO prediction_native (attempt_ref, study_ref, model_code, model_version, class_code,
  score_kind, score, threshold, is_positive, n_objects)
SELECT attempt_ref, study_ref, 'mammo-cls', '7', 'malignancy', 'probability', 0.7, 0.5, true, 1
FROM a"""
# The view that a collection asks as before, after a nap of so many seconds.
NAPPING = """
CREATE TABLE nap (seconds float8);
INSERT INTO nap VALUES (0);
ALTER VIEW fleet_contract.hour_check RENAME TO check_at_once;
CREATE VIEW fleet_contract.hour_check AS
  WITH z AS MATERIALIZED (SELECT pg_sleep(seconds) FROM nap)
  SELECT h.* FROM z CROSS JOIN fleet_contract.check_at_once AS h;
"""
TRUTH = """
SELECT date_trunc('hour', received_at), count(*),
  count(*) FILTER (WHERE status = 'done'), count(score)
FROM study_native LEFT JOIN attempt_native USING (study_ref)
LEFT JOIN prediction_native USING (attempt_ref) GROUP BY 1 ORDER BY 1"""


class Contour:
    """One region: its database, the line to it and, through SSH, the server at the line's end."""

    def __init__(self, database: RegionDatabase, relay: Relay, server: SshServer | None) -> None:
        self.database = database
        self.relay = relay
        self.server = server
        self.region = create_region(database, port=relay.port)
        if server:
            path = lead_through(self.region, server, port=relay.port)
            path.database_port = database.cluster.port
            path.save()

    def status(self) -> RegionStatus:
        return RegionStatus.objects.get(region__code=self.database.code)

    def fill(self, n: int, hours: int) -> None:
        self.database.execute(FILL, {"n": n, "hours": hours})

    def rollups(self) -> list[tuple[Any, ...]]:
        return list(
            HourlyRollup.objects.filter(region=self.region, n_received__gt=0)
            .order_by("hour")
            .values_list("hour", "n_received", "n_done", "n_scored")
        )

    def truth(self) -> list[tuple[Any, ...]]:
        return self.database.execute(TRUTH)

    def n_backends(self) -> int:
        """Return how many connections of the reader the region's server has."""
        rows = self.database.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [self.database.reader]
        )
        return int(rows[0][0])

    def end_backends(self) -> None:
        self.database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
            [self.database.reader],
        )

    def is_napping(self) -> bool:
        rows = self.database.execute(
            "SELECT 1 FROM pg_stat_activity WHERE usename = %s AND wait_event = 'PgSleep'",
            [self.database.reader],
        )
        return bool(rows)

    def set_password(self, password: str) -> None:
        self.database.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}")
            .format(sql.Identifier(self.database.reader), sql.Literal(password))
            .as_string(None)
        )


class Twelve:
    """The twelve contours, collected side by side as Celery's pool of threads does it."""

    def __init__(self, cluster: Cluster, folder: Path, kind: str) -> None:
        self.exits = ExitStack()
        self.kind = kind
        self.cluster = cluster
        self.folder = folder
        self.keeper = keeper_process(folder)
        self.contours: dict[str, Contour] = {}
        self.running: dict[str, Future[str]] = {}
        self.pool = ThreadPoolExecutor(12, "collector")

    def build(self) -> None:
        servers = self._servers() if self.kind == "ssh" else {}
        for code in HEALTHY + FAULTY:
            self.contours[code] = self._contour(code, servers.get(code, servers.get("")))
        self.contours["mute"].database.execute(NAPPING)
        self.contours["mute"].database.execute(
            f"GRANT SELECT ON fleet_contract.hour_check TO {self.contours['mute'].database.reader}"
        )
        self.keeper.start()
        self.exits.callback(self.keeper.stop)
        paths = [contour.region.paths.get() for contour in self.contours.values()]
        await_true(lambda: all((path.socket_folder / SOCKET).exists() for path in paths))

    def _servers(self) -> dict[str, SshServer]:
        servers = {}
        for code in ("", "stranger"):
            address = (LOOPBACK, self.cluster.port)
            servers[code] = SshServer(self.folder / f"sshd{code}", [address])
            servers[code].start()
            self.exits.callback(servers[code].stop)
        return servers

    def _contour(self, code: str, server: SshServer | None) -> Contour:
        database = RegionDatabase(self.cluster, code, "Europe/Moscow")
        self.exits.callback(database.connection.close)
        delay = ONE_WAY_S if code in HEALTHY else 0
        relay = Relay(LOOPBACK, server.port if server else self.cluster.port, delay=delay)
        relay.start()
        self.exits.callback(relay.stop)
        contour = Contour(database, relay, server)
        contour.fill(300, 30)
        return contour

    def collect(self, codes: Iterable[str]) -> None:
        """Start collecting these regions, except those whose last collection still runs."""
        for code in codes:
            if code not in self.running or self.running[code].done():
                self.running[code] = self.pool.submit(run_task, code)

    def await_collected(self, codes: Iterable[str], timeout: float = WITHIN_S) -> None:
        futures = [self.running[code] for code in codes]
        assert not wait(futures, timeout).not_done
        for future in futures:
            future.result()

    def seconds_of_healthy(self, beside: Iterable[str] = ()) -> float:
        """Return how long the healthy regions take that have new rows, beside others."""
        for code in HEALTHY:
            self.contours[code].fill(10, 3)
        started = time.monotonic()
        self.collect((*beside, *HEALTHY))
        self.await_collected(HEALTHY)
        return time.monotonic() - started

    def close(self) -> None:
        self.pool.shutdown()
        self.exits.close()


def run_task(code: str) -> str:
    """Run the collecting task; like Celery, give Django's connection back afterwards."""
    try:
        return tasks.collect(code)
    finally:
        connection.close()


def keeper_process(folder: Path) -> Process:
    command = [sys.executable, ROOT / "manage.py", "keep_tunnels"]
    return Process("keeper", command, folder / "keeper.log", cwd=ROOT)


def n_open_tunnels() -> int:
    return TunnelState.objects.filter(state=TunnelState.State.OPEN).count()


def n_tunnels_that_say(kind: str) -> int:
    return TunnelState.objects.filter(failure=kind).count()


def await_true(is_so: Callable[[], bool], timeout: float = WITHIN_S) -> float:
    """Return the seconds until it is so. Raises AssertionError after `timeout`."""
    started = time.monotonic()
    while not is_so():
        assert time.monotonic() - started < timeout, f"not so within {timeout} s"
        time.sleep(0.05)
    return time.monotonic() - started


def threads_of_ours() -> set[str]:
    """Return the names of the threads without those of the rig and those that a process keeps.

    It keeps Django's connection pool, and the one that watches deadlines.
    """
    names = {thread.name for thread in threading.enumerate()}
    kept = ("pool-", "relays", "collector", "deadlines")
    return {name for name in names if not name.startswith(kept)}


def busy_backends(cluster: Cluster) -> int:
    """Return how many of the collecting role's sessions at the center do or hold something."""
    rows = cluster.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'fleet_collect' AND state <> 'idle'"
    )
    return int(rows[0][0])


def now() -> datetime:
    return datetime.now(UTC)


def region_of(code: str) -> Region:
    return Region.objects.prefetch_related("paths__tunnel").get(code=code)
