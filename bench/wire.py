"""Bytes over the wire for one usual region: directly and through a compressing SSH tunnel."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bench.report import Report
from bench.rig import PASSWORD, Line, center, line
from fleet.clock import now
from fleet.demo.native import install
from fleet.demo.postgres import Cluster
from fleet.demo.servers import LOOPBACK
from fleet.demo.sham import ShamRegion, Shape
from fleet.demo.simulator import fill_history
from fleet.demo.ssh import SshServer
from regions.collect import collect
from regions.credentials import seal
from regions.models import AccessPath, Region, SshHop
from regions.sessions import close_idle_sessions
from regions.tunnels import Route, open_tunnel
from tests.rig.region_database import admit_reader

STUDIES_A_DAY = 833
# A new version of each score is a change, though its value stays.
TOUCH = """
UPDATE findings SET prob = prob FROM tasks JOIN studies USING (study_id)
WHERE findings.task_id = tasks.task_id AND """
TOUCH_DAY = (
    TOUCH
    + """(came_at AT TIME ZONE 'Europe/Moscow')::date
  = (now() AT TIME ZONE 'Europe/Moscow')::date - 1"""
)
TOUCH_HOUR = TOUCH + "came_at >= date_trunc('hour', now()) - interval '1 hour'"


def bench(report: Report, cluster: Cluster, folder: Path) -> None:
    sham = ShamRegion("wire", "Wire", "Europe/Moscow", studies_per_day=STUDIES_A_DAY, seed=1)
    assert sham.shape is Shape.TABLES
    cluster.create_database("wire")
    with cluster.connect("wire") as native:
        install(native, sham)
        fill_history(native, sham, 5, now())
        admit_reader(native, "wire_reader", PASSWORD)
    region = Region.objects.create(
        code="wire",
        name="Wire",
        time_zone=sham.zone,
        database_name="wire",
        database_user="wire_reader",
        database_password=seal(PASSWORD),
    )
    with line(cluster.port, 0) as wire:
        path = AccessPath.objects.create(
            region=region, kind="direct", database_host=LOOPBACK, database_port=wire.port
        )
        _measure(report, cluster, region, wire, "directly")
    server = SshServer(folder / "wire-ssh", [(LOOPBACK, cluster.port)])
    server.start()
    with line(server.port, 0) as wire:
        path.kind, path.database_port = AccessPath.Kind.SSH, cluster.port
        path.save()
        SshHop.objects.create(
            path=path,
            host=LOOPBACK,
            port=wire.port,
            user=server.user,
            private_key=f"file:{server.private_key_path}",
            host_key=server.host_key_line,
        )
        tunnel = open_tunnel(Route.of(path))
        _measure(report, cluster, region, wire, "through SSH")
        close_idle_sessions()
        tunnel.close()
    server.stop()
    region.delete()


def _measure(report: Report, cluster: Cluster, region: Region, wire: Line, way: str) -> None:
    _collect(region, wire, is_sweep=True)
    for what, statement in (
        ("nothing changed", "SELECT 1"),
        ("the last two hours changed", TOUCH_HOUR),
        ("a whole day changed, and its profile", TOUCH_DAY),
    ):
        cluster.execute(statement, "wire")
        # Whatever the depth of the plan would be, look back over three days.
        with center() as connection:
            connection.execute("UPDATE regions_regionstatus SET last_look_back_at = NULL")
        report.add(f"{way}, {STUDIES_A_DAY} studies a day: {what}", _collect(region, wire), "B")


def _collect(region: Region, wire: Line, *, is_sweep: bool = False) -> int:
    before = sum(wire.n_bytes())
    run = collect(region, now() + timedelta(seconds=1), is_sweep=is_sweep)
    if run.failure:
        raise SystemExit(run.sentence)
    return sum(wire.n_bytes()) - before
