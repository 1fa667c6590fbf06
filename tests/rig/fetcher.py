"""Fetches studies as the pipeline does, also as a process that can be killed at any moment.

`python -m tests.rig.fetcher TOLD FOLDER STUDY_UID LOG` sets Django up once and forks; when its
child is killed it forks the next at once, until one of them has the whole study. TOLD is JSON: the
fields of the `hop`, of the `source`, and the `kind` of that.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleet.demo.servers import Process
from fleet.exports.fetching import Most, Progress, fetch_study
from fleet.exports.journal import Journal
from fleet.exports.ways.way import StudyKey, Way, WayFailed

if TYPE_CHECKING:
    from fleet.exports.ways.dimse_source import DimseSource
    from fleet.exports.ways.reach import Reach
    from fleet.exports.ways.sftp_folder import SftpSource
    from fleet.exports.ways.web import WebSource
    from regions.ssh import Hop

    Source = SftpSource | WebSource | DimseSource

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = Most(10**10, 1000)
MOST_TIMES = 50


class Looker:
    """Watches and lets everything go on."""

    def tick(self, progress: Progress) -> None:
        pass

    def before_next(self, progress: Progress) -> None:
        pass


def fetch_again(open_way: Callable[[], Way], key: StudyKey, folder: Path) -> None:
    """Fetch the study, and come back when a line was so bad that nothing more came."""
    for _time in range(MOST_TIMES):
        try:
            fetch_study(open_way, key, Journal(folder, "1"), ENOUGH, Looker())
        except WayFailed as failure:
            if not failure.is_passing:
                raise
        else:
            return


class Fetcher:
    """The warm parent and, until the study is here, one fetching child."""

    def __init__(self, hop: Hop, source: Source, folder: Path, study_uid: str, log: Path) -> None:
        self.log = log
        self.log.touch()
        kind = next(kind for kind, (_way, its) in _kinds().items() if isinstance(source, its))
        told = json.dumps({"hop": asdict(hop), "kind": kind, "source": asdict(source)})
        command = [sys.executable, "-m", "tests.rig.fetcher", told, folder, study_uid, log]
        self._process = Process("fetcher", command, log.with_suffix(".err"), cwd=ROOT)

    def start(self) -> None:
        self._process.env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self._process.start(lambda: bool(self.children()), timeout=20)

    def stop(self) -> None:
        self._process.stop(timeout=1)

    def kill(self) -> None:
        """Kill the child of this moment."""
        os.kill(self.children()[-1], signal.SIGKILL)

    def wait(self, timeout: float) -> None:
        """Return when a child has the whole study, or none will have it any more."""
        until = time.monotonic() + timeout
        while self._process.is_running and time.monotonic() < until:
            time.sleep(0.05)

    def children(self) -> list[int]:
        """Return the children of all moments."""
        return [int(line) for line in self.log.read_text().splitlines()]


def open_way(told: dict[str, Any], reach: Reach) -> Way:
    """Return the way to the source that `told` describes."""
    way, source = _kinds()[told["kind"]]
    return way(reach, source(**told["source"]))


def _kinds() -> dict[str, tuple[Callable[..., Way], type[Source]]]:
    from fleet.exports.ways.dimse import DimseWay
    from fleet.exports.ways.dimse_source import DimseSource
    from fleet.exports.ways.orthanc import OrthancWay
    from fleet.exports.ways.sftp import SftpWay
    from fleet.exports.ways.sftp_folder import SftpSource
    from fleet.exports.ways.web import WebSource

    return {
        "sftp": (SftpWay, SftpSource),
        "orthanc": (OrthancWay, WebSource),
        "c-get": (DimseWay, DimseSource),
    }


def fetch(told: dict[str, Any], folder: Path, study_uid: str) -> None:
    from fleet.exports.ways.reach import Line, Reach
    from regions.ssh import Hop

    with Reach([Line("alpha 1", (Hop(**told["hop"]),))]) as reach:
        key = StudyKey("B-1", study_uid)
        fetch_study(lambda: open_way(told, reach), key, Journal(folder, "1"), ENOUGH, Looker())


def main(told: str, folder: str, study_uid: str, log_path: str) -> None:
    import django

    django.setup()
    # What the children need is read once.
    _kinds()

    log = os.open(log_path, os.O_WRONLY | os.O_APPEND)
    while True:
        pid = os.fork()
        if pid == 0:
            os.write(log, f"{os.getpid()}\n".encode())
            fetch(json.loads(told), Path(folder), study_uid)
            os._exit(0)
        if os.WIFEXITED(os.waitpid(pid, 0)[1]):
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
