"""Damaged files end by name, quickly, and tell nothing of anybody on the way."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from fleet.exports.child import Cleaner, Limits
from fleet.exports.ends import End
from tests.fleet.exports.samples import MINIMAL, SAMPLES, planted, task

SMALL = [path for path in SAMPLES if path.stat().st_size < 50_000]
# A length, a tag or a VR that a parser may believe.
EVIL = (
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"SQ",
    b"UN",
    b"OB",
    b"\xfe\xff\x00\xe0",
    b"\0" * 8,
)


def mutated(raw: bytes, dice: random.Random) -> bytes:
    """Return the bytes with a few places changed, mostly in the header, or cut, or repeated."""
    damaged = bytearray(raw)
    for _ in range(dice.randint(1, 12)):
        place = dice.randrange(132, min(len(damaged), 6_000))
        match dice.randrange(5):
            case 0:
                damaged[place] ^= 1 << dice.randrange(8)
            case 1:
                evil = dice.choice(EVIL)
                damaged[place : place + len(evil)] = evil
            case 2:
                del damaged[place : place + dice.randint(1, 64)]
            case 3:
                damaged[place:place] = damaged[place : place + dice.randint(1, 256)]
            case 4 if dice.random() < 0.2:
                del damaged[dice.randrange(place, len(damaged)) :]
    return bytes(damaged)


def ends_of(n: int, seed: int, folder: Path) -> Counter[End]:
    """Return the ends of n mutations, each output searched for nothing but its existence."""
    dice = random.Random(seed)
    originals = [path.read_bytes() for path in SMALL]
    ends: Counter[End] = Counter()
    limits = Limits(memory_bytes=2 * 1024**3, seconds=20)
    with Cleaner(task(MINIMAL), limits) as cleaner:
        for _ in range(n):
            (folder / "in.dcm").write_bytes(mutated(dice.choice(originals), dice))
            started = time.monotonic()
            end = cleaner.clean(folder / "in.dcm", folder / "out.dcm").end
            assert time.monotonic() - started < limits.seconds + 15
            assert (folder / "out.dcm").exists() == (end is End.CLEANED)
            (folder / "out.dcm").unlink(missing_ok=True)
            ends[end] += 1
    return ends


def test_it_survives_damaged_files(tmp_path: Path) -> None:
    ends = ends_of(100, 1, tmp_path)

    assert ends.total() == 100
    assert ends[End.CRASHED] == ends[End.TOO_SLOW] == 0


@pytest.mark.slow
def test_it_survives_many_damaged_files(tmp_path: Path) -> None:
    ends = ends_of(400, 2, tmp_path)

    assert ends.total() == 400
    assert ends[End.CRASHED] == ends[End.TOO_SLOW] == 0
    assert ends[End.CLEANED] > 0


def test_it_tells_nothing_of_planted_people(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Names that stood in an attribute before the damage are in no output of any kind."""
    dice = random.Random(3)
    planted(SMALL[0], is_cyrillic=False).save_as(tmp_path / "planted.dcm")
    raw = (tmp_path / "planted.dcm").read_bytes()
    told = []
    with Cleaner(task(MINIMAL), Limits(seconds=20)) as cleaner:
        for _ in range(40):
            (tmp_path / "in.dcm").write_bytes(mutated(raw, dice))
            told.append(repr(cleaner.clean(tmp_path / "in.dcm", tmp_path / "out.dcm")))
            if (tmp_path / "out.dcm").exists():
                told.append((tmp_path / "out.dcm").read_bytes().decode("latin-1"))
    out, err = capfd.readouterr()

    assert "ZQSENT" not in "".join([*told, out, err])
