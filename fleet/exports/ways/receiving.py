"""Read from a region's stream until so many bytes are here, or a moment has come."""

from __future__ import annotations

import time

from paramiko.ssh_exception import SSHException

from fleet.exports.ways.reach import Stream


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
        except (OSError, SSHException, EOFError):
            piece = b""
        if not piece:
            raise ConnectionError
        received += piece
