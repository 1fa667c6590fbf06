"""A region's line for one export: SSH connections of its own, never the tunnel keeper's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

import paramiko

from fleet.exports.ways.pieces import keep_pieces
from fleet.exports.ways.tls import Certificate, TlsStream
from fleet.exports.ways.way import PASSING, Trouble, WayFailed
from regions.failures import Failure
from regions.models import AccessPath, FailureKind, Region
from regions.ssh import (
    Address,
    Hop,
    SshConnection,
    Wire,
    connect,
    connect_through,
    open_channel,
    resolve,
)

TROUBLES = {
    FailureKind.LINK: Trouble.LINK,
    FailureKind.TIMEOUT: Trouble.TIMEOUT,
    FailureKind.AUTH: Trouble.AUTH,
    FailureKind.HOST_KEY: Trouble.AUTH,
}
# Each packet costs time of ours; OpenSSH makes none that is longer.
PACKET_BYTES = 64 * 2**10
# What an archive may send before it hears that we have read some of it.
WINDOW_BYTES = 4 * 2**20
Opened = TypeVar("Opened")


@dataclass(frozen=True)
class Line:
    """One way into the region as a thread needs it: nothing here touches the database."""

    name: str
    hops: tuple[Hop, ...]  # none where the path is direct

    @classmethod
    def of(cls, path: AccessPath) -> Line:
        return cls(f"{path.region.code} {path.position}", tuple(map(Hop.of, path.hops.all())))


def lines_into(region: Region) -> tuple[Line, ...]:
    """Return the region's enabled paths in order."""
    paths = region.paths.filter(is_enabled=True).order_by("position")
    return tuple(map(Line.of, paths.select_related("region").prefetch_related("hops")))


class Reach:
    """Opens streams to hosts in the region's network over the first of `lines` that works.

    Any number of threads may use it. A connection that broke is opened again by the next stream.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = tuple(lines)
        self._connections: dict[Line, SshConnection] = {}
        self._worked: Line | None = None
        self._lock = threading.Lock()

    def stream(
        self, host: str, port: int, timeout: float, certificate: Certificate | None = None
    ) -> Wire | TlsStream:
        """Return a connected stream, with TLS where there is a certificate to know it by.

        Each wait ends after `timeout` seconds. Raises WayFailed, with what each line said when
        none leads there.
        """
        wire = self._first_that_works(lambda line: self._wire(line, (host, port), timeout))
        stream = certificate.secure(wire, host) if certificate else wire
        stream.settimeout(timeout)
        return stream

    def transport(self) -> paramiko.Transport:
        """Return the transport to the region's last SSH server, for files on that server itself.

        Raises WayFailed; CONFIGURATION when every path is direct.
        """
        return self._first_that_works(self._transport, [line for line in self._lines if line.hops])

    def close(self) -> None:
        with self._lock:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _first_that_works(
        self, attempt: Callable[[Line], Opened], lines: Sequence[Line] | None = None
    ) -> Opened:
        failures: list[tuple[Line, Failure]] = []
        # What worked last is tried first: a dead line would hold up every stream.
        for line in sorted(self._lines if lines is None else lines, key=self._is_other):
            try:
                opened = attempt(line)
            except Failure as failure:
                failures.append((line, failure))
            else:
                self._worked = line
                return opened
        raise _blame(failures)

    def _is_other(self, line: Line) -> bool:
        return line != self._worked

    def _wire(self, line: Line, target: Address, timeout: float) -> Wire:
        if line.hops:
            channel = open_channel(self._transport(line), target, timeout)
            keep_pieces(channel)
            return channel
        return connect(*target, resolve(*target))

    def _transport(self, line: Line) -> paramiko.Transport:
        with self._lock:
            known = self._connections.get(line)
            if known and known.last.is_active():
                return known.last
            if known:
                known.close()
            # What images can be compressed by, their archive did already.
            connection = connect_through(line.hops, compresses=False)
            connection.last.default_max_packet_size = PACKET_BYTES
            connection.last.default_window_size = WINDOW_BYTES
            self._connections[line] = connection
            return connection.last


def _blame(failures: list[tuple[Line, Failure]]) -> WayFailed:
    if not failures:
        return WayFailed(
            Trouble.CONFIGURATION, "No enabled access path leads there. Enable or add one."
        )
    kinds = [TROUBLES.get(failure.kind, Trouble.CONFIGURATION) for _line, failure in failures]
    if len(failures) == 1:
        return WayFailed(kinds[0], failures[0][1].sentence)
    # One path that may work a little later is reason enough to try again.
    kind = next((kind for kind in kinds if kind in PASSING), kinds[0])
    sentence = " ".join(f"Path {line.name}: {failure.sentence}" for line, failure in failures)
    return WayFailed(kind, sentence)
