"""A process that collects a region every second and can be killed at any moment.

`python -m tests.rig.collector CODE LOG` sets Django up once and forks; when its child is killed it
forks the next at once, so that a restart costs milliseconds. The child appends what it begins and
ends to LOG.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from fleet.demo.servers import Process

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Event:
    """What a child wrote: its process, a word, and what belongs to it."""

    pid: int
    word: str
    detail: str


class Collector:
    """The warm parent and, at any moment, one collecting child."""

    def __init__(self, code: str, folder: Path) -> None:
        self.log = folder / "collections"
        self.log.touch()
        command = [sys.executable, "-m", "tests.rig.collector", code, self.log]
        self._process = Process("collector", command, folder / "collector.log", cwd=ROOT)

    def start(self) -> None:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self._process.env = environment
        self._process.start(lambda: bool(self.events()), timeout=20)

    def stop(self) -> None:
        self._process.stop(timeout=1)

    def events(self) -> list[Event]:
        """Return what has been written so far, oldest first."""
        lines = [line.split(" ", 2) for line in self.log.read_text().splitlines()]
        return [Event(int(pid), word, detail) for pid, word, detail in lines]

    def await_work(self) -> None:
        """Return when the child is in the middle of a collection."""
        _await(lambda: self.events()[-1].word == "begun", "no collection was begun")

    def await_rest(self) -> None:
        """Return when the child has ended its collection."""
        _await(lambda: self.events()[-1].word in ("done", "failed"), "no collection ended")

    def await_failure(self) -> None:
        """Return when any child has said that its collection failed."""
        _await(lambda: any(event.word == "failed" for event in self.events()), "none failed")

    def kill(self, center: psycopg.Connection[Any]) -> tuple[bool, bool] | None:
        """Kill the child if it is collecting; return (was in a transaction, had written).

        It is frozen first, so that what is seen is what is killed.
        """
        pid = self.events()[-1].pid
        os.kill(pid, signal.SIGSTOP)
        if (last := self.events()[-1]) != Event(pid, "begun", last.detail):
            os.kill(pid, signal.SIGCONT)
            return None
        seen = center.execute(
            "SELECT coalesce(bool_or(xact_start IS NOT NULL), false),"
            " coalesce(bool_or(backend_xid IS NOT NULL), false)"
            " FROM pg_stat_activity WHERE application_name = %s",
            [f"collector {pid}"],
        ).fetchone()
        os.kill(pid, signal.SIGKILL)
        _await(lambda: self.events()[-1].pid != pid, "no collector came after the killed one")
        return seen[0], seen[1]


def _await(is_true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.002)


def collect_forever(code: str, log: int) -> None:
    """Collect every second until killed."""
    from fleet.clock import now
    from regions.collect import AlreadyCollecting, collect
    from regions.models import Region

    def say(word: str, detail: object = "") -> None:
        os.write(log, f"{os.getpid()} {word} {detail}\n".encode())

    os.environ["PGAPPNAME"] = f"collector {os.getpid()}"
    say("born")
    region = Region.objects.get(code=code)
    while True:
        began = time.monotonic()
        say("begun")
        try:
            run = collect(region, now())
            say("failed" if run.failure else "done", run.failure or run.n_hours_replaced)
        except AlreadyCollecting:
            say("busy")
            time.sleep(0.02)
            continue
        time.sleep(max(0.0, 1 - (time.monotonic() - began)))


def main(code: str, log_path: str) -> None:
    import django

    django.setup()
    import regions.collect  # noqa: F401 (what the children need is read once)

    log = os.open(log_path, os.O_WRONLY | os.O_APPEND)
    while True:
        pid = os.fork()
        if pid == 0:
            collect_forever(code, log)
        _pid, status = os.waitpid(pid, 0)
        if status != signal.SIGKILL:
            os.write(log, f"{pid} crashed {status}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
