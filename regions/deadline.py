"""A hard end for work on a connection whose peer may have gone mute."""

from __future__ import annotations

import heapq
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import psycopg

from regions.failures import Failure
from regions.models.collection import FailureKind


@contextmanager
def hard_deadline(
    connection: psycopg.Connection[Any], seconds: float, doing: str
) -> Iterator[None]:
    """Shut the connection's socket when the block takes longer, and raise Failure(TIMEOUT).

    A cancel request would travel the same dead way, and libpq waits without end; a socket that is
    shut ends the wait at once. The connection is of no use afterwards.
    """
    wire = socket.socket(fileno=os.dup(connection.fileno()))
    _watch.add(wire, seconds)
    try:
        yield
    except psycopg.OperationalError as error:
        if _watch.has_cut(wire):
            raise Failure(
                FailureKind.TIMEOUT, f"No answer within {seconds:.0f} s while {doing}."
            ) from error
        raise
    finally:
        _watch.remove(wire)


class _Watch:
    """Shuts the sockets whose time is up, in one thread: one each costs more than most answers."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._numbers = count()
        # What is removed stays here until its time, closed.
        self._due: list[tuple[float, int, socket.socket]] = []
        self._cut: set[socket.socket] = set()
        self._thread: threading.Thread | None = None

    def add(self, wire: socket.socket, seconds: float) -> None:
        with self._change:
            # A forked process has not inherited the thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            number = next(self._numbers)
            heapq.heappush(self._due, (time.monotonic() + seconds, number, wire))
            if self._due[0][1] == number:
                self._change.notify()

    def has_cut(self, wire: socket.socket) -> bool:
        return wire in self._cut

    def remove(self, wire: socket.socket) -> None:
        with self._change:
            self._cut.discard(wire)
            wire.close()

    def _run(self) -> None:
        with self._change:
            while True:
                while self._due and self._due[0][0] <= time.monotonic():
                    self._shut(heapq.heappop(self._due)[2])
                self._change.wait(self._due[0][0] - time.monotonic() if self._due else None)

    def _shut(self, wire: socket.socket) -> None:
        if wire.fileno() < 0:
            return
        self._cut.add(wire)
        with suppress(OSError):  # the peer may have closed it just now
            wire.shutdown(socket.SHUT_RDWR)


_watch = _Watch()
