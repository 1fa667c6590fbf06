"""A channel's bytes come out as they came in, whatever is asked for at once."""

from __future__ import annotations

import threading
import time

import pytest
from paramiko.buffered_pipe import PipeTimeout

from fleet.exports.ways.pieces import Pieces


@pytest.fixture
def pieces() -> Pieces:
    pieces = Pieces()
    for piece in (b"abc", b"defg", b"h"):
        pieces.feed(piece)
    return pieces


@pytest.mark.parametrize("n_bytes", [1, 2, 3, 5, 100])
def test_it_gives_the_bytes_in_order(pieces: Pieces, n_bytes: int) -> None:
    pieces.close()
    read = list(iter(lambda: pieces.read(n_bytes), b""))

    assert b"".join(read) == b"abcdefgh"
    assert max(map(len, read)) <= n_bytes


def test_it_says_what_waits(pieces: Pieces) -> None:
    assert (len(pieces), pieces.read_ready()) == (8, True)

    pieces.read(8)

    assert (len(pieces), pieces.read_ready()) == (0, False)


@pytest.mark.parametrize("timeout", [0.0, 0.02])
def test_it_waits_no_longer_than_it_may(timeout: float) -> None:
    with pytest.raises(PipeTimeout):
        Pieces().read(1, timeout)


@pytest.mark.parametrize(("deed", "read"), [(lambda p: p.feed(b"x"), b"x"), (Pieces.close, b"")])
def test_it_wakes_who_waits(deed, read: bytes) -> None:
    pieces = Pieces()
    threading.Timer(0.05, deed, [pieces]).start()
    started = time.monotonic()

    assert pieces.read(10, 10) == read
    assert time.monotonic() - started < 5
