"""One run of the whole demo as a child process, as `make demo` starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^Fleet is ready: (http://127\.0\.0\.1:\d+/)  user: oncall  password: (\S+)$")


def environment(folder: Path, **more: str) -> dict[str, str]:
    usual = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_")}
    usual.pop("DJANGO_SETTINGS_MODULE", None)
    # It takes ten seconds and proves nothing here.
    return {**usual, "FLEET_DEMO_DIR": str(folder), "FLEET_DEMO_SYNAPSE": "0", **more}


class Run:
    """One `python -m fleet.demo`; `lines` is what it has said."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.out = folder.with_suffix(".out")
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fleet.demo"],
                cwd=ROOT,
                env=environment(folder, **more),
                stdout=out,
                stderr=out,
            )

    @property
    def lines(self) -> list[str]:
        return self.out.read_text().splitlines()

    def await_ready(self) -> tuple[str, str]:
        """Return the address and the password of the last line."""
        deadline = time.monotonic() + 240
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.lines and (ready := READY.match(self.lines[-1])):
                return ready[1], ready[2]
            time.sleep(0.5)
        raise AssertionError("\n".join(self.lines[-30:]))

    def end(self, number: signal.Signals) -> list[psutil.Process]:
        """End it and return the descendants that it had and that still live."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        self.process.wait(60)
        return psutil.wait_procs(family, timeout=3)[1]
