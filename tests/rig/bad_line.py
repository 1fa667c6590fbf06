"""A line that is slow, stalls, and breaks in the middle of things."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

from fleet.demo.servers import LOOPBACK

MBIT = 125_000
PIECE = 1448
RESET = struct.pack("ii", 1, 0)


class BadLine:
    """Forwards a loopback port of its own to `target`, at `bytes_per_s` towards who connects.

    Where `cuts` say, as counts of all bytes that came, every connection is reset at both ends;
    where `stalls` say, nothing comes for `stall_s`. `n_bytes` is what came by now. What
    `before_cut` does happens first.
    """

    def __init__(
        self,
        target: tuple[str, int],
        *,
        bytes_per_s: float,
        cuts: Sequence[int] = (),
        stalls: Sequence[int] = (),
        stall_s: float = 0,
    ) -> None:
        self.n_bytes = 0
        self.n_cuts = 0
        self._target = target
        self._second = 1 / bytes_per_s
        self._stall_s = stall_s
        self._cuts = sorted(cuts)
        self._stalls = sorted(stalls)
        self.before_cut: Callable[[], None] = lambda: None
        self._next = 0.0
        self._links: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.host, self.port = cast(tuple[str, int], self._listener.getsockname())
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._reset()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                far = socket.create_connection(self._target)
                for end in near, far:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._links += [near, far]
                threading.Thread(target=self._push, args=(near, far), daemon=True).start()
                threading.Thread(target=self._pull, args=(far, near), daemon=True).start()

    def _push(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while piece := near.recv(65_536):
                far.sendall(piece)
        _end(far)

    def _pull(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while piece := far.recv(PIECE):
                self._wait(len(piece))
                near.sendall(piece)
                self._count(len(piece))
        _end(near)

    def _wait(self, n_bytes: int) -> None:
        with self._lock:
            begin = max(self._next, time.monotonic() - 0.005)
            self._next = begin + n_bytes * self._second
        time.sleep(max(self._next - time.monotonic(), 0))

    def _count(self, n_bytes: int) -> None:
        with self._lock:
            self.n_bytes += n_bytes
            stalls = _take(self._stalls, self.n_bytes)
            cuts = _take(self._cuts, self.n_bytes)
        if stalls:
            time.sleep(self._stall_s)
        if cuts:
            self.n_cuts += 1
            self.before_cut()
            self._reset()

    def _reset(self) -> None:
        with self._lock:
            links, self._links = self._links, []
        for link in links:
            with suppress(OSError):
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                # A thread that waits for the socket would keep it open.
                link.shutdown(socket.SHUT_RD)
            link.close()


def at_random(n: int, n_bytes: int, seed: int) -> list[int]:
    """Return `n` counts of bytes before `n_bytes`, no two of them close together."""
    chance = random.Random(seed)
    share = n_bytes / n
    return [int(share * (number + chance.uniform(0.1, 0.8))) for number in range(n)]


def _take(points: list[int], n_bytes: int) -> bool:
    """Remove what was reached and say whether anything was."""
    reached = [point for point in points if point <= n_bytes]
    del points[: len(reached)]
    return bool(reached)


def _end(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_WR)
