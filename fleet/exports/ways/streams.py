"""What a stream into a region's network can do, and how one reads from it and hangs up."""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from typing import Protocol

from paramiko.channel import Channel
from paramiko.ssh_exception import SSHException

# What a stream raises when it breaks: a channel has its own words while its connection ends.
BROKEN = (OSError, SSHException, EOFError)


class Stream(Protocol):
    """A socket, a channel of SSH, or TLS on one of them. What breaks raises one of BROKEN."""

    def settimeout(self, timeout: float | None, /) -> None: ...
    def recv(self, n_bytes: int, /) -> bytes: ...
    def sendall(self, content: bytes, /) -> None: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...


def receive(
    stream: Stream, received: bytearray, n_bytes: int, until: float, *, at_once: int
) -> None:
    """Add to `received` until it holds `n_bytes`, in reads of `at_once` bytes at most.

    `until` is a moment of the monotonic clock. Raises TimeoutError then, and ConnectionError when
    the stream ends or breaks.
    """
    while len(received) < n_bytes:
        stream.settimeout(max(until - time.monotonic(), 0.001))
        try:
            piece = stream.recv(at_once)
        except TimeoutError:
            raise
        except BROKEN:
            piece = b""
        if not piece:
            raise ConnectionError
        received += piece


def hang_up(stream: Stream) -> None:
    """Close the stream, also for a thread that waits for what it brings; it may be broken."""
    with suppress(*BROKEN):
        stream.shutdown(socket.SHUT_RDWR)
    with suppress(*BROKEN):
        stream.close()


def is_readable(wire: socket.socket | Channel) -> bool:
    """Whether something waits to be read, or the far end has hung up."""
    if isinstance(wire, Channel):
        return bool(wire.recv_ready() or wire.eof_received or wire.closed)
    return bool(select.select([wire], [], [], 0)[0])
