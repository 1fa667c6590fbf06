"""A process that brings a region's studies on without end and can be killed at any moment.

`python -m tests.rig.exporter CODE ARCHIVE LOG CHILDREN` sets Django up once and forks; when its
child is killed it forks the next at once. The archive is a folder that sends slowly.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from fleet.demo.servers import Process
from tests.rig.archive import Archive

ROOT = Path(__file__).resolve().parents[2]
SECONDS_A_PIECE = 0.004


class Exporter:
    """The warm parent and, at any moment, one exporting child."""

    def __init__(self, code: str, archive: Archive, folder: Path, settings: dict[str, str]) -> None:
        self._children = folder / "exporters"
        self._children.touch()
        command = [sys.executable, "-m", "tests.rig.exporter", code]
        command += [str(archive.root), str(archive.log), str(self._children)]
        self._process = Process("exporter", command, folder / "exporter.log", cwd=ROOT)
        self._settings = settings

    def start(self) -> None:
        ours = {**self._settings, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self._process.env = {**os.environ, **ours}
        self._process.start(lambda: bool(self._pids()), timeout=30)

    def stop(self) -> None:
        self._process.stop(timeout=1)

    def kill(self) -> None:
        """Kill the child, and return when the next one is born."""
        pids = self._pids()
        os.kill(pids[-1], signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self._pids() == pids:
            if time.monotonic() > deadline:
                raise TimeoutError("no exporter came after the killed one")
            time.sleep(0.002)

    def _pids(self) -> list[int]:
        return [int(line) for line in self._children.read_text().split()]


def export_forever(code: str, children: str) -> None:
    from fleet.clock import now
    from fleet.exports import work
    from regions.models import Region

    with Path(children).open("a") as log:
        log.write(f"{os.getpid()}\n")
    region = Region.objects.get(code=code)
    while True:
        work.look_up_studies(region, now)
        work.bring_on(region, now)
        work.pack_studies(region, now)
        time.sleep(0.02)


def main(code: str, root: str, log: str, children: str) -> None:
    import django

    django.setup()
    from fleet.exports import fetching, sources, watching, work  # noqa: F401 (read once)

    archive = Archive(Path(root), Path(log), n_parallel=1, seconds_a_piece=SECONDS_A_PIECE)
    sources.WAYS["sftp"] = lambda _source, _reach: archive.open()
    fetching.TICK_S = watching.EVERY_S = 0.02
    while True:
        pid = os.fork()
        if pid == 0:
            export_forever(code, children)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
