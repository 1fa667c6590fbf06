"""A process that delivers messages without end and can be killed at any moment.

`python -m tests.rig.deliverer LOG` sets Django up once and forks; when its child is killed it forks
the next at once. The child appends to LOG what it has delivered, with the time.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from fleet.demo.servers import Process

ROOT = Path(__file__).resolve().parents[2]
LEASE = timedelta(seconds=2)


class Deliverer:
    """The warm parent and, at any moment, one delivering child."""

    def __init__(self, folder: Path, number: int) -> None:
        self.log = folder / f"deliveries{number}"
        self.log.touch()
        command = [sys.executable, "-m", "tests.rig.deliverer", self.log]
        self._process = Process("deliverer", command, folder / f"deliverer{number}.log", cwd=ROOT)

    def start(self) -> None:
        self._process.env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        self._process.start(lambda: bool(self._lines()), timeout=20)

    def stop(self) -> None:
        self._process.stop(timeout=1)

    def pid(self) -> int:
        """Return the child of this moment."""
        return int([line for line in self._lines() if line[1] == "born"][-1][0])

    def delivered(self) -> list[tuple[int, float]]:
        """Return each message that was confirmed, and when, by the monotonic clock."""
        return [(int(line[2]), float(line[3])) for line in self._lines() if line[1] == "done"]

    def _lines(self) -> list[list[str]]:
        return [line.split(" ") for line in self.log.read_text().splitlines()]


def deliver_forever(log: int) -> None:
    from fleet.alerts.delivery import deliver_next, prepare
    from fleet.alerts.models import Message
    from fleet.clock import now

    os.write(log, f"{os.getpid()} born\n".encode())
    while True:
        message = deliver_next(now(), lease=LEASE, pace=timedelta())
        if message is None:
            time.sleep(0.01)
            prepare(now())
        elif Message.objects.get(pk=message.pk).remote_id:
            os.write(log, f"{os.getpid()} done {message.pk} {time.monotonic()}\n".encode())


def main(log_path: str) -> None:
    import django

    django.setup()
    import fleet.alerts.delivery  # noqa: F401 (what the children need is read once)

    log = os.open(log_path, os.O_WRONLY | os.O_APPEND)
    while True:
        pid = os.fork()
        if pid == 0:
            deliver_forever(log)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
