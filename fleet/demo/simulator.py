"""Write the sham regions' native rows: weeks of history at once, then live, step by step.

`python -m fleet.demo.simulator --config FILE` writes until SIGTERM. FILE is a JSON list of
{"url": "postgresql://…", "sham": {…}}.
"""

from __future__ import annotations

import argparse
import heapq
import json
import logging
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, groupby
from pathlib import Path

import psycopg
from psycopg import Connection

from fleet import clock
from fleet.demo.faults import Fault
from fleet.demo.journal import Journal
from fleet.demo.rhythm import HOUR, hour_start, hours_between
from fleet.demo.sham import ShamRegion, Shape
from fleet.demo.story import Garbage, Story
from fleet.demo.tables import Tables
from fleet.demo.world import LONGEST_STORY, World

log = logging.getLogger(__name__)
WRITERS: dict[Shape, type[Journal | Tables]] = {Shape.JOURNAL: Journal, Shape.TABLES: Tables}
CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT = "30s"


def fill_history(
    connection: Connection,
    sham: ShamRegion,
    days: int,
    now: datetime,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write all that the region would hold at `now`, had it begun `days` days ago.

    `progress` is called with the share that is done, 0 to 1.
    """
    world = World(sham, now)
    hours = list(hours_between(now - timedelta(days=days), now, sham))
    with connection.transaction():
        writer = WRITERS[sham.shape](connection, world)
        writer.prepare(now)
        for done, (_, day) in enumerate(
            groupby(hours, key=lambda h: h.astimezone(sham.clock).date())
        ):
            written = [
                event for hour in day for event in world.hour(hour) if event.written_at <= now
            ]
            writer.copy(written, now)
            if progress is not None:
                progress(min(1.0, (done + 1) / (days + 1)))
        connection.execute("INSERT INTO simulator_clock VALUES (%s, %s)", (now, now))
    connection.execute("ANALYZE")


@dataclass(frozen=True, slots=True)
class Clock:
    """When the region's history ended, how far it is written since, and what goes wrong in it."""

    anchor: datetime
    written_until: datetime
    fault: Fault | None


def read_clock(connection: Connection, sham: ShamRegion) -> Clock:
    """Return how far the region is written, and let nobody else write in this transaction.

    Raises LookupError when it has no history.
    """
    asked = connection.execute("SELECT anchor, written_until FROM simulator_clock FOR UPDATE")
    row = asked.fetchone()
    if row is None:
        raise LookupError(f"The database of {sham.code} has no history: fill it first.")
    anchor, written_until = row
    fault = connection.execute("SELECT name, since, until FROM simulator_fault").fetchone()
    return Clock(anchor, written_until, Fault(*fault) if fault else None)


def live(connection: Connection, sham: ShamRegion, now: datetime) -> int:
    """Write what happened since the last write; return how many studies and objects it touched."""
    return Feed(connection, sham).write(connection, now)


class Feed:
    """The future of one region, in the order in which it will be written."""

    def __init__(self, connection: Connection, sham: ShamRegion) -> None:
        self._sham = sham
        self._begin(read_clock(connection, sham))

    def _begin(self, clock: Clock) -> None:
        self._clock = clock
        self._world = World(self._sham, clock.anchor, clock.fault)
        self._numbers = count()
        self._next: list[tuple[datetime, int, Story | Garbage]] = []
        self._hour = hour_start(clock.written_until - LONGEST_STORY, self._sham)

    def write(self, connection: Connection, now: datetime) -> int:
        """Write what happened until `now`, in one transaction.

        After an error the feed is of no more use: make a new one.
        """
        with connection.transaction():
            # Who lets something go wrong rewrites rows that this may be about to write.
            clock = read_clock(connection, self._sham)
            if clock.fault != self._clock.fault:
                self._begin(clock)
            events = self._due(now)
            WRITERS[self._sham.shape](connection, self._world).write(events, now)
            connection.execute("UPDATE simulator_clock SET written_until = %s", (now,))
        self._clock = replace(clock, written_until=now)
        return len(events)

    def _due(self, now: datetime) -> list[Story | Garbage]:
        while self._hour <= now:
            self._schedule(self._world.hour(self._hour))
            self._hour += HOUR
        due: dict[int, Story | Garbage] = {}
        while self._next and self._next[0][0] <= now:
            _, number, event = heapq.heappop(self._next)
            due[number] = event
        return list(due.values())

    def _schedule(self, events: Iterable[Story | Garbage]) -> None:
        for event in events:
            number = next(self._numbers)
            for moment in event.moments():
                if moment > self._clock.written_until:
                    heapq.heappush(self._next, (moment, number, event))


@dataclass
class Source:
    """One region's database, and the feed while it is reachable."""

    url: str
    sham: ShamRegion
    connection: Connection | None = None
    feed: Feed | None = None

    def step(self, now: datetime) -> None:
        """Write one step; when the database is away, say so once and try again next time."""
        try:
            if self.connection is None or self.feed is None:
                self.connection = _connect(self.url)
                self.feed = Feed(self.connection, self.sham)
            self.feed.write(self.connection, now)
        except psycopg.Error as error:
            if self.feed is not None:
                log.warning("%s: the database went away: %s", self.sham.code, type(error).__name__)
            self.close()

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = self.feed = None


def _connect(url: str) -> Connection:
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_TIMEOUT_S,
        options=f"-c statement_timeout={STATEMENT_TIMEOUT}",
    )


def read_sources(path: Path) -> list[Source]:
    """Return the sources that the configuration names."""
    return [
        Source(entry["url"], ShamRegion.from_json(entry["sham"]))
        for entry in json.loads(path.read_text())
    ]


def main() -> None:
    """Write live rows to every region of the configuration until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--every", type=float, default=3.0, help="seconds between steps")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sources = read_sources(arguments.config)
    log.info("writing to %d regions", len(sources))
    while not stop.wait(arguments.every):
        for source in sources:
            if stop.is_set():
                break
            source.step(clock.now())
    for source in sources:
        source.close()


if __name__ == "__main__":
    main()
