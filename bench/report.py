"""A table of figures, printed while it grows and kept with a description of the machine."""

from __future__ import annotations

import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil

RESULTS = Path(__file__).parent / "results"
# The processors run fast while the loop takes less than so many times its shortest time.
FAST = 1.25


def loop_ms() -> float:
    """Return the milliseconds that a fixed loop takes now, about 9: how fast the machine runs."""
    started = time.perf_counter()
    total, cells = 0, {}
    for step in range(60_000):
        cells[step & 1023] = total
        total += step * 3 % 7
    return (time.perf_counter() - started) * 1000


class Report:
    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[tuple[str, float, str]] = []
        self.loop_before_ms = _usual_loop_ms()
        print(f"\n{name}")

    def add(self, what: str, value: float, unit: str) -> None:
        self.rows.append((what, value, unit))
        print(f"  {what:<70} {value:>12,.3f} {unit}", flush=True)

    def keep(self) -> None:
        """Write the table to bench/results/<name>.md, in place of the last one."""
        RESULTS.mkdir(exist_ok=True)
        lines = [
            f"# {self.name}",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {psutil.cpu_count()} cores,"
            f" {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.machine()},"
            f" {platform.system()} {platform.release()}, Python {platform.python_version()}."
            " Medians; regions, center, relay and collector share the machine."
            f" A fixed loop took {self.loop_before_ms:.1f} ms before and {_usual_loop_ms():.1f} ms"
            " after: compare figures of equal loops only.",
            "",
            "| what | figure | unit |",
            "|---|---:|---|",
        ]
        lines += [f"| {what} | {value:,.3f} | {unit} |" for what, value, unit in self.rows]
        (RESULTS / f"{self.name}.md").write_text("\n".join(lines) + "\n")


def _usual_loop_ms() -> float:
    return median(loop_ms() for _ in range(25))
