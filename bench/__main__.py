"""Run the benchmarks named on the command line, or all.

page, judging, wire, collecting, dead: against servers started here;
detection: simulated, no server;
deidentification: sample files, beside other programs as far as they can be installed;
cleaning: speed and memory of that, without a server;
exporting: against an Orthanc and an SSH server of its own, fifteen minutes; one line of it by
exporting-orthanc-0, exporting-sftp-50 and so on, with the round trip in milliseconds;
bad-line: also against a PACS, ten minutes.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
# As many as there are regions, whichever worker has them.
os.environ.setdefault("FLEET_WARM_SESSIONS", "1000")

import django

django.setup()

from bench import (
    bad_line,
    cleaning,
    collecting,
    dead,
    deidentification,
    detection,
    exporting,
    judging,
    page,
    wire,
)
from bench.report import Report
from bench.rig import create_regions, drop_regions, line
from fleet.demo.postgres import Cluster
from regions.models import Region
from regions.sessions import close_idle_sessions
from tests.rig.center import create_center

FOLDER = Path(os.environ["FLEET_TEST_FOLDER"])
ONE_WAY_S = collecting.RTT_S / 2
# For the hundred databases of one server: 10 MB each. A region's own server has 128 MB, unless set
# otherwise, for its one.
REGIONAL_BUFFERS = "1GB"
# Autovacuum looks at every database once in this time: a hundred servers of their own would spread
# that over a hundred machines.
REGIONAL_NAPTIME = "100min"


def run_page(report: Report, _regional: Cluster) -> None:
    page.bench(report)


def run_judging(report: Report, _regional: Cluster) -> None:
    judging.bench(report)


def run_wire(report: Report, regional: Cluster) -> None:
    wire.bench(report, regional, FOLDER)


def run_collecting(report: Report, regional: Cluster) -> None:
    with line(regional.port, ONE_WAY_S) as the_line:
        create_regions(regional, 100, the_line.port, days=4)
        collecting.bench(report, regional, list(Region.objects.order_by("code")), the_line)


def run_dead(report: Report, regional: Cluster) -> None:
    with line(regional.port, ONE_WAY_S) as the_line, line(regional.port, ONE_WAY_S) as hole:
        create_regions(regional, 1000, the_line.port, days=0.5)
        dead.bench(report, regional, hole)


BENCHES: dict[str, Callable[[Report, Cluster], None]] = {
    "page": run_page,
    "judging": run_judging,
    "wire": run_wire,
    "collecting": run_collecting,
    "dead": run_dead,
}
WITHOUT_SERVERS: dict[str, Callable[[], None]] = {
    "detection": detection.main,
    "detection-short": detection.short,
    "exporting": lambda: exporting.main(FOLDER / "exporting"),
    **{
        f"exporting-{kind}-{round_trip * 1000:.0f}": partial(
            exporting.one_line, FOLDER / "exporting", kind, round_trip
        )
        for kind in exporting.OTHERS
        for round_trip in exporting.ROUND_TRIPS_S
    },
    "bad-line": lambda: bad_line.main(FOLDER / "bad-line"),
    "deidentification": deidentification.main,
    "cleaning": cleaning.main,
}


def main() -> None:
    names = sys.argv[1:] or [*BENCHES, "detection", "deidentification", "exporting", "bad-line"]
    for name in names:
        if name in WITHOUT_SERVERS:
            WITHOUT_SERVERS[name]()
    if with_servers := [name for name in names if name not in WITHOUT_SERVERS]:
        measure(with_servers)


def measure(names: list[str]) -> None:
    """Run benchmarks against a center and regions of their own."""
    port = urlsplit(os.environ["FLEET_DATABASE_URL"]).port
    central = Cluster(FOLDER / "center", port=port, max_connections=1300)
    regional = Cluster(
        FOLDER / "regions",
        flavour="system",
        max_connections=1300,
        shared_buffers=REGIONAL_BUFFERS,
    )
    try:
        central.start()
        regional.start()
        regional.execute(f"ALTER SYSTEM SET autovacuum_naptime = '{REGIONAL_NAPTIME}'")
        regional.execute("SELECT pg_reload_conf()")
        create_center(central)
        for name in names:
            report = Report(name)
            try:
                BENCHES[name](report, regional)
            finally:
                close_idle_sessions()
                drop_regions(regional)
            report.keep()
    finally:
        central.stop()
        regional.stop()
        shutil.rmtree(FOLDER, ignore_errors=True)


if __name__ == "__main__":
    main()
