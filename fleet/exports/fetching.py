"""Bring a study's instances to the center, over as many connections as it takes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from fleet.exports.journal import Journal, bytes_here
from fleet.exports.ways.way import Found, Instance, StudyKey, Trouble, Way, WayFailed

TICK_S = 0.5
REST_S = 1.0
# So many connections in a row may bring nothing more before the line has to be left alone.
PATIENCE = 3
RATE_OVER_S = 30.0
# What another connection may put right.
ANEW = frozenset({Trouble.LINK, Trouble.TIMEOUT, Trouble.GONE, Trouble.PROTOCOL})


@dataclass(frozen=True)
class Progress:
    """How far the transfer is. None: the source does not tell."""

    n_instances: int | None = None
    n_bytes: int | None = None
    n_fetched: int = 0
    n_bytes_fetched: int = 0
    n_bytes_moved: int = 0  # over the line by this transfer, whatever became of them
    bytes_per_s: float | None = None


@dataclass(frozen=True)
class Most:
    """What one study may be."""

    n_bytes: int
    n_instances: int


class TooMuch(Exception):
    """The study is bigger than it may be; the sentence says by what."""


class Watch(Protocol):
    """Who looks after the transfer. What its methods raise ends it, and is raised by it."""

    def tick(self, progress: Progress) -> None:
        """Called every TICK_S; what it raises stops in the middle of a file."""

    def before_next(self, progress: Progress) -> None:
        """Called before an instance begins; what it raises lets those under way end first."""


def fetch_study(
    open_way: Callable[[], Way], key: StudyKey, journal: Journal, most: Most, watch: Watch
) -> Progress:
    """Fetch what is not here yet, and write down that the study is complete.

    A line that breaks is opened again while that brings more of the study. Raises WayFailed,
    TooMuch, or what `watch` raises; what has come stays for the next time.
    """
    transfer = _Transfer(journal, most, watch)
    n_fruitless = 0
    while True:
        try:
            with open_way() as way:
                return transfer.over(way, key)
        except WayFailed as failure:
            n_fruitless = 0 if transfer.has_come_further() else n_fruitless + 1
            if failure.kind not in ANEW or n_fruitless == PATIENCE:
                raise
        transfer.rest()


class _Transfer:
    """Counts what comes, over all connections."""

    def __init__(self, journal: Journal, most: Most, watch: Watch) -> None:
        self._journal = journal
        self._most = most
        self._watch = watch
        self._files: dict[Path, Instance] = {}
        self._running: dict[Future[None], Path] = {}
        self._progress = Progress()
        self._n_bytes_whole = 0
        self._n_bytes_moved = 0
        self._n_bytes_best = 0
        self._samples: deque[tuple[float, int]] = deque()
        self._ticked_at = 0.0
        self._lock = threading.Lock()
        self._halt = threading.Event()

    def over(self, way: Way, key: StudyKey) -> Progress:
        """Fetch over one connection."""
        found = way.look_up(key)
        if found is None:
            raise WayFailed(Trouble.GONE, "The archive no longer has the study.")
        self._begin(way.instances(found))
        pool = ThreadPoolExecutor(way.n_parallel, "fetch")
        waiting = deque(file for file in self._files if not file.exists())
        try:
            self._go(lambda file: pool.submit(self._fetch, way, found, file), waiting, way)
        except BaseException:
            self._halt.set()
            with suppress(WayFailed):
                # Who waits for a mute line is freed by its end.
                way.close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        self._tick(is_due=True)
        self._journal.complete(self._files)
        return self._progress

    def has_come_further(self) -> bool:
        """Return whether more is here than after any failure before."""
        best, self._n_bytes_best = self._n_bytes_best, bytes_here(self._files)
        self._n_bytes_best = max(best, self._n_bytes_best)
        return self._n_bytes_best > best

    def rest(self) -> None:
        """Give the line a moment."""
        ends_at = time.monotonic() + REST_S
        while time.monotonic() < ends_at:
            time.sleep(TICK_S)
            self._tick(is_due=True)

    def _begin(self, instances: list[Instance]) -> None:
        self._files = self._journal.enlist(instances)
        sizes = [one.n_bytes for one in self._files.values()]
        known = [size for size in sizes if size is not None]
        check_size(self._most, len(sizes), sum(known))
        whole = [file for file in self._files if file.exists()]
        self._n_bytes_whole = bytes_here(whole)
        self._halt.clear()
        self._samples.clear()
        self._running.clear()
        self._progress = replace(
            self._progress,
            n_instances=len(sizes),
            n_bytes=sum(known) if len(known) == len(sizes) else None,
            n_fetched=len(whole),
            n_bytes_fetched=self._n_bytes_whole,
        )

    def _go(self, submit: Callable[[Path], Future[None]], waiting: deque[Path], way: Way) -> None:
        held: Exception | None = None
        while self._running or (waiting and not held):
            while waiting and not held and len(self._running) < way.n_parallel:
                try:
                    self._watch.before_next(self._progress)
                except Exception as reason:
                    held = reason
                else:
                    file = waiting.popleft()
                    self._running[submit(file)] = file
            for future in wait(self._running, TICK_S, FIRST_COMPLETED).done:
                file = self._running.pop(future)
                future.result()
                self._n_bytes_whole += file.stat().st_size
                self._progress = replace(self._progress, n_fetched=self._progress.n_fetched + 1)
            self._tick()
        if held:
            self._tick(is_due=True)
            raise held

    def _fetch(self, way: Way, found: Found, file: Path) -> None:
        way.fetch(found, self._files[file], file, self._said)

    def _said(self, n: int) -> None:
        with self._lock:
            self._n_bytes_moved += n
        if self._halt.is_set():
            raise _Halted

    def _tick(self, *, is_due: bool = False) -> None:
        now = time.monotonic()
        if not is_due and now - self._ticked_at < TICK_S:
            return
        self._ticked_at = now
        n_bytes = self._n_bytes_whole + bytes_here(self._running.values())
        self._progress = replace(
            self._progress,
            n_bytes_fetched=n_bytes,
            n_bytes_moved=self._n_bytes_moved,
            bytes_per_s=self._rate(now),
        )
        check_size(self._most, 0, n_bytes)
        self._watch.tick(self._progress)

    def _rate(self, now: float) -> float | None:
        self._samples.append((now, self._n_bytes_moved))
        while self._samples[0][0] < now - RATE_OVER_S:
            self._samples.popleft()
        since, moved = self._samples[0]
        return (self._n_bytes_moved - moved) / (now - since) if now > since else None


class _Halted(Exception):
    """Ends a transfer from within, when another of the same study has failed."""


def check_size(most: Most, n_instances: int, n_bytes: int) -> None:
    """Raise TooMuch for a study beyond what it may be."""
    if n_instances > most.n_instances:
        raise TooMuch(
            f"The study has {n_instances} files; the region's policy allows {most.n_instances}."
        )
    if n_bytes > most.n_bytes:
        raise TooMuch(
            f"The study has {n_bytes} bytes or more; the region's policy allows {most.n_bytes}."
        )
