"""Two thousand damaged files end by name, quickly, and tell nothing of anybody on the way."""

from __future__ import annotations

import random
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.exports.child import Cleaner, Limits
from fleet.exports.ends import End
from tests.fleet.exports.samples import IMAGE, MINIMAL, SAMPLES, identified, needles, task

# Not Part 10 files: pydicom does not read them without being told to.
UNREADABLE = {
    *("ExplVR_BigEndNoMeta.dcm", "ExplVR_LitEndNoMeta.dcm", "no_meta.dcm", "rtstruct.dcm"),
}
SMALL = [path for path in SAMPLES if path.stat().st_size < 50_000 and path.name not in UNREADABLE]
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
HEAD = 4_000
LIMITS = Limits(memory_bytes=2 * 1024**3, seconds=20)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The samples with planted people in them, every other one in Cyrillic."""
    file = tmp_path_factory.mktemp("people") / "in.dcm"
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n, path in enumerate(SMALL):
            identified(path, is_cyrillic=bool(n % 2)).save_as(file)
            found.append(file.read_bytes())
    return found


def mutated(raw: bytes, dice: random.Random) -> bytes:
    """Return the bytes with a few places of the head changed, cut out or repeated, or cut off."""
    damaged = bytearray(raw)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(132, min(len(damaged), HEAD))
        match dice.randrange(7):
            case 0 | 1:
                damaged[place] ^= 1 << dice.randrange(8)
            case 2:
                damaged[place] = dice.randrange(256)
            case 3:
                evil = dice.choice(EVIL)
                damaged[place : place + len(evil)] = evil
            case 4:
                del damaged[place : place + dice.randint(1, 64)]
            case 5:
                damaged[place:place] = damaged[place : place + dice.randint(1, 256)]
            case 6 if dice.random() < 0.2:
                del damaged[dice.randrange(place, len(damaged)) :]
    return bytes(damaged)


def told(originals: list[bytes], n: int, seed: int, folder: Path) -> Iterator[tuple[End, bytes]]:
    """Yield how each of n damaged files ended, and all that came of it: the answer, the file."""
    dice = random.Random(seed)
    source, target = folder / "in.dcm", folder / "out.dcm"
    with Cleaner(task(MINIMAL), LIMITS) as cleaner:
        for number in range(n):
            image = f"{IMAGE[:-5]}{number:05d}".encode()
            original = dice.choice(originals).replace(IMAGE.encode(), image)
            source.write_bytes(mutated(original, dice))
            started = time.monotonic()
            outcome = cleaner.clean(source, target)
            assert time.monotonic() - started < LIMITS.seconds
            assert target.exists() == (outcome.end is End.CLEANED)
            written = target.read_bytes() if target.exists() else b""
            target.unlink(missing_ok=True)
            yield outcome.end, repr(outcome).encode() + written
    # Whatever it read, one child read it all.
    assert cleaner.n_children == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_it_tells_nothing_of_anybody_in_damaged_files(
    seed: int, people: list[bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ends: Counter[End] = Counter()
    words = needles()
    for end, raw in told(people, 500, seed, tmp_path):
        ends[end] += 1
        assert [word for word in words if word in raw] == []
    said = "".join(capfd.readouterr())

    assert not [word for word in words if word.decode("latin-1") in said]
    assert ends[End.CRASHED] == ends[End.TOO_SLOW] == 0
    assert ends[End.CLEANED] > 100
    assert len(ends) >= 6
