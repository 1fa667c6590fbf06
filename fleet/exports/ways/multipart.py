"""The one part of a multipart/related content, as a stream of any length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

LONGEST_HEAD = 16 * 2**10
LONGEST_BOUNDARY = 200
MOST_PIECES_AFTER = 3
TAIL = b"--"


class NotMultipart(Exception):
    """The content is not one part between boundaries, or ends before its last boundary."""


def only_part(pieces: Iterable[bytes], boundary: bytes) -> Iterator[bytes]:
    """Yield the bytes of the only part; what follows its closing boundary is dropped.

    Raises NotMultipart, also for a second part: after the last byte of the first was yielded.
    """
    if not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise NotMultipart
    rest = iter(pieces)
    held = _after_head(rest, b"--" + boundary)
    end = b"\r\n--" + boundary
    while (at := held.find(end)) < 0:
        # The boundary may begin in this piece and end in the next one.
        ready = len(held) - len(end) + 1
        if ready > 0:
            yield bytes(held[:ready])
            del held[:ready]
        held += _next(rest)
    if at:
        yield bytes(held[:at])
    del held[: at + len(end)]
    while len(held) < len(TAIL):
        held += _next(rest)
    if not held.startswith(TAIL):
        raise NotMultipart
    # Usually a line's end at most; a connection with more to say is not used again.
    for _dropped in islice(rest, MOST_PIECES_AFTER):
        pass


def _after_head(rest: Iterator[bytes], begin: bytes) -> bytearray:
    """Return what was read after the first boundary and the part's own headers."""
    held = bytearray(_next(rest))
    while (at := held.find(b"\r\n\r\n")) < 0:
        if len(held) > LONGEST_HEAD:
            raise NotMultipart
        held += _next(rest)
    if begin not in held[:at] or held[:at].count(b"\r\n--"):
        raise NotMultipart
    return held[at + 4 :]


def _next(rest: Iterator[bytes]) -> bytes:
    try:
        return next(rest)
    except StopIteration:
        raise NotMultipart from None
