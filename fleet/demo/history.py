"""Fill sham regions' databases with their history, a process of its own: CONFIG DAYS.

CONFIG is the simulator's. Each line that it prints is the share that is done, 0 to 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

from fleet import clock
from fleet.demo.sham import ShamRegion
from fleet.demo.simulator import fill_history, read_sources


def fill(url: str, sham: ShamRegion, days: int, done: int, of: int) -> None:
    """Write the region's history, unless an earlier run did."""
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        if connection.execute("SELECT 1 FROM simulator_clock").fetchone() is None:
            fill_history(
                connection,
                sham,
                days,
                clock.now(),
                lambda share: print((done + share) / of, flush=True),
            )


if __name__ == "__main__":
    sources = read_sources(Path(sys.argv[1]))
    for number, source in enumerate(sources):
        fill(source.url, source.sham, int(sys.argv[2]), number, len(sources))
