"""A worker that has read its modules fetches one study: told what on stdin, it says how it was."""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

import fleet.exports.sources  # noqa: F401 (an exporter reads all ways once, not for each study)
from fleet.exports.ways.reach import Line, Reach
from fleet.exports.ways.way import StudyKey
from regions.ssh import Hop
from tests.rig.fetcher import open_way


def main() -> None:
    told = json.load(sys.stdin)
    folder = Path(told["folder"])
    started, busy_before = time.perf_counter(), time.process_time()
    with Reach([Line("bench", (Hop(**told["hop"]),))]) as reach, open_way(told, reach) as way:
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
    took, busy = time.perf_counter() - started, time.process_time() - busy_before
    # Not getrusage(): a child begins with the peak of the process that started it.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    said = {"seconds": took, "cpu_seconds": busy, "n_bytes": found.n_bytes, "peak_bytes": peak}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
