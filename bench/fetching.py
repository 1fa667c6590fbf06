"""One worker that fetches one study: told what on stdin, it says how long and how big it was."""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from fleet.exports.ways.orthanc import OrthancWay
from fleet.exports.ways.reach import Line, Reach
from fleet.exports.ways.sftp import SftpWay
from fleet.exports.ways.sftp_folder import SftpSource
from fleet.exports.ways.way import StudyKey, Way
from fleet.exports.ways.web import WebSource
from regions.ssh import Hop


def main() -> None:
    told = json.load(sys.stdin)
    folder = Path(told["folder"])
    started = time.perf_counter()
    with Reach([Line("bench", (Hop(**told["hop"]),))]) as reach, _way(told, reach) as way:
        found = way.look_up(StudyKey("", told["study_uid"]))
        assert found is not None
        instances = way.instances(found)

        def fetch(number: int) -> None:
            target = folder / str(number)
            way.fetch(found, instances[number], target, lambda _n_bytes: None)
            if not told["keeps"]:
                target.unlink()

        with ThreadPoolExecutor(way.n_parallel) as pool:
            list(pool.map(fetch, range(len(instances))))
    took = time.perf_counter() - started
    # Not getrusage(): a child begins with the peak of the process that started it.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    print(json.dumps({"seconds": took, "n_bytes": found.n_bytes, "peak_bytes": peak}))


def _way(told: dict[str, Any], reach: Reach) -> Way:
    if told["kind"] == "sftp":
        return SftpWay(reach, SftpSource(**told["source"]))
    return OrthancWay(reach, WebSource(**told["source"]))


if __name__ == "__main__":
    main()
