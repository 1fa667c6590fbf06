from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fleet.exports.ways import pace
from fleet.exports.ways.landing import Landing, part_of
from fleet.exports.ways.way import Instance, Trouble, WayFailed

CONTENT = b"0123456789"
INSTANCE = Instance("x", len(CONTENT), hashlib.md5(CONTENT).hexdigest().upper())
UNKNOWN = Instance("x")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "1"


def land(target: Path, *pieces: bytes, instance: Instance = INSTANCE, resumes: bool = True) -> None:
    with Landing("Source", instance, target, lambda _n: None, resumes=resumes) as landing:
        for piece in pieces:
            landing.write(piece)
        landing.finish()


def test_it_gives_the_name_to_a_whole_file_only(target: Path) -> None:
    with Landing("Source", INSTANCE, target, lambda _n: None) as landing:
        landing.write(CONTENT)
        assert not target.exists()
        landing.finish()

    assert target.read_bytes() == CONTENT
    assert target.stat().st_mode & 0o777 == 0o600
    assert not part_of(target).exists()


def test_it_says_how_much_is_new(target: Path) -> None:
    part_of(target).write_bytes(CONTENT[:4])
    said: list[int] = []

    with Landing("Source", INSTANCE, target, said.append, resumes=True) as landing:
        assert landing.n_bytes == 4
        landing.write(CONTENT[4:7])
        landing.write(CONTENT[7:])
        landing.finish()

    assert said == [3, 3]
    assert target.read_bytes() == CONTENT


def test_it_begins_anew_where_the_way_cannot_resume(target: Path) -> None:
    part_of(target).write_bytes(b"of another time, and longer")

    land(target, CONTENT, resumes=False)

    assert target.read_bytes() == CONTENT


def test_it_drops_a_part_that_is_longer_than_the_whole(target: Path) -> None:
    part_of(target).write_bytes(CONTENT + b"x")

    land(target, CONTENT)

    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x", b"012345678x"])
def test_it_keeps_nothing_that_is_wrong(target: Path, content: bytes) -> None:
    with pytest.raises(WayFailed) as caught:
        land(target, content)

    assert caught.value.kind is Trouble.PROTOCOL
    assert not target.exists()
    assert part_of(target).read_bytes() == b""


def test_it_follows_no_link(target: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"precious")
    part_of(target).symlink_to(other)

    with pytest.raises(WayFailed):
        land(target, CONTENT)

    assert other.read_bytes() == b"precious"


def test_it_says_that_the_folder_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WayFailed) as caught:
        land(tmp_path / "no folder" / "1", CONTENT)

    assert caught.value.kind is Trouble.CONFIGURATION
    assert "cannot be written" in caught.value.sentence


def test_it_waits_for_no_trickle(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "WITHIN_S", -1.0)

    with pytest.raises(WayFailed) as caught:
        land(target, b"x", instance=UNKNOWN)

    assert caught.value.kind is Trouble.TIMEOUT


def test_it_takes_its_time_when_enough_comes(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "WITHIN_S", -1.0)

    land(target, bytes(pace.LEAST_BYTES), instance=UNKNOWN)

    assert target.stat().st_size == pace.LEAST_BYTES
