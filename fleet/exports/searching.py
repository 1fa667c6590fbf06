"""Many short words looked for in many bytes at once, in a time that hardly grows with the words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

import numpy as np

CHUNK = 1 << 20
HEAD = 4


def places(raw: bytes, words: Collection[bytes]) -> Iterator[tuple[bytes, int]]:
    """Yield each word with each place where it stands. Raises ValueError below four bytes.

    By the first two bytes of four and by the last two, a table of all pairs says where a word may
    begin; what is left of a megabyte is a handful of places.
    """
    by_head: defaultdict[bytes, list[bytes]] = defaultdict(list)
    first, last = np.zeros(1 << 16, bool), np.zeros(1 << 16, bool)
    for word in words:
        if len(word) < HEAD:
            raise ValueError("A word that is looked for in bytes has at least four of them.")
        by_head[word[:HEAD]].append(word)
        first[word[0] | word[1] << 8] = True
        last[word[2] | word[3] << 8] = True
    view = memoryview(raw)
    for start in range(0, len(raw), CHUNK):
        part = np.frombuffer(view[start : start + CHUNK + HEAD - 1], np.uint8).astype(np.uint16)
        pairs = part[:-1] | part[1:] << 8
        for offset in np.flatnonzero(first[pairs[:-2]] & last[pairs[2:]]).tolist():
            at = start + offset
            for word in by_head.get(raw[at : at + HEAD], ()):
                if raw.startswith(word, at):
                    yield word, at
