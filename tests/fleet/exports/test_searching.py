from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.exports.searching import CHUNK, places
from fleet.exports.traces import found


def by_hand(raw: bytes, words: set[bytes]) -> set[tuple[bytes, int]]:
    return {(word, at) for at in range(len(raw)) for word in words if raw.startswith(word, at)}


@given(
    st.text("ab\0", max_size=60).map(str.encode),
    st.sets(st.text("ab\0", min_size=4, max_size=6).map(str.encode), max_size=8),
)
def test_it_finds_what_one_finds_by_hand(raw: bytes, words: set[bytes]) -> None:
    assert set(places(raw, words)) == by_hand(raw, words)


@pytest.mark.parametrize("at", [CHUNK - 9, CHUNK - 5, CHUNK - 2, CHUNK, 2 * CHUNK - 3])
def test_it_finds_a_word_on_the_edge_of_two_parts(at: int) -> None:
    raw = bytearray(random.Random(1).randbytes(2 * CHUNK + 20))
    raw[at : at + 9] = b"IVANOVSKY"

    assert list(places(bytes(raw), [b"IVANOVSKY", b"PETROVSKY"])) == [(b"IVANOVSKY", at)]


def test_it_refuses_words_that_stand_anywhere() -> None:
    with pytest.raises(ValueError, match="at least four"):
        list(places(b"abcdef", [b"abc"]))


@pytest.mark.parametrize(
    ("raw", "n"),
    [
        (b"IVANOVSKY", 1),
        (b"=ivanovsky^", 1),
        (b"xIVANOVSKY", 0),
        (b"IVANOVSKYS IVANOVSKY.", 1),
        ("\0Ивановский".encode("utf-16-le"), 0),
        (b"", 0),
    ],
)
def test_it_counts_whole_words(raw: bytes, n: int) -> None:
    assert found(raw, ["IVANOVSKY", "Sidorov"]) == n
