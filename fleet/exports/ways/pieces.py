"""What came over a channel of SSH and was not read yet, in the pieces in which it came.

paramiko keeps it in one array, whose bytes are copied again and again while a fast line fills it,
by the one thread that also decrypts.
"""

from __future__ import annotations

import threading
from collections import deque

from paramiko.buffered_pipe import PipeTimeout
from paramiko.channel import Channel

from regions.packets import Packets

# How often the far end hears what we have read of what it may send. paramiko says it ten times, and
# each costs time of ours; said too seldom, the far end would wait for it on a long line.
WORDS_PER_WINDOW = 4


def keep_pieces(channel: Channel) -> None:
    """Let the channel keep pieces. Nothing may have come yet: the far end waits for us to speak."""
    pieces = Pieces()
    channel.in_buffer = pieces  # type: ignore[assignment]  # it is what a channel asks of one
    channel.in_window_threshold = channel.in_window_size // WORDS_PER_WINDOW
    packets = channel.get_transport().packetizer
    if isinstance(packets, Packets):
        packets.receivers[channel.get_id()] = pieces


class Pieces:
    """In place of paramiko's BufferedPipe; who would wait for it by select() cannot."""

    def __init__(self) -> None:
        self._pieces: deque[bytes | memoryview] = deque()
        self._is_closed = False
        self._came = threading.Condition()

    def feed(self, data: bytes) -> None:
        self.put(data)
        self.wake()

    def put(self, content: bytes | memoryview) -> None:
        """Keep a piece; who waits for it goes on waiting until `wake`."""
        with self._came:
            self._pieces.append(content)

    def wake(self) -> None:
        with self._came:
            self._came.notify_all()

    def read(self, nbytes: int, timeout: float | None = None) -> bytes:
        """Return up to so many bytes, none at the end. Raises PipeTimeout."""
        with self._came:
            if not self._came.wait_for(self._is_due, timeout):
                raise PipeTimeout
            taken = self._take(nbytes)
        return b"".join(taken)

    def read_ready(self) -> bool:
        with self._came:
            return bool(self._pieces)

    def close(self) -> None:
        """Let who reads get what is there, and then the end."""
        with self._came:
            self._is_closed = True
            self._came.notify_all()

    def __len__(self) -> int:
        with self._came:
            return sum(map(len, self._pieces))

    def _is_due(self) -> bool:
        """Whether who reads has nothing to wait for."""
        return bool(self._pieces) or self._is_closed

    def _take(self, n_bytes: int) -> list[bytes | memoryview]:
        taken: list[bytes | memoryview] = []
        while n_bytes and self._pieces:
            piece = self._pieces.popleft()
            if len(piece) > n_bytes:
                self._pieces.appendleft(piece[n_bytes:])
                piece = piece[:n_bytes]
            taken.append(piece)
            n_bytes -= len(piece)
        return taken
