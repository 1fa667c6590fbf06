"""A study comes whole over a line that breaks, and nothing comes twice without need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from fleet.exports import fetching
from fleet.exports.fetching import Most, Progress, TooMuch, fetch_study
from fleet.exports.journal import Journal, complete_files
from fleet.exports.ways.way import StudyKey, Trouble, WayFailed
from tests.rig.archive import Archive

KEY = StudyKey("s-1")
ENOUGH = Most(10**9, 1000)
PIECES = 10


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TICK_S", 0.01)
    monkeypatch.setattr(fetching, "REST_S", 0.01)


@dataclass
class Looker:
    """Watches; it stops the transfer when over `n_bytes` are here, or `n_begun` files begun."""

    n_bytes: int = 10**9
    n_begun: int = 10**9
    seen: list[Progress] = field(default_factory=list)

    def tick(self, progress: Progress) -> None:
        self.seen.append(progress)
        if progress.n_bytes_fetched > self.n_bytes:
            raise InterruptedError

    def before_next(self, _progress: Progress) -> None:
        self.n_begun -= 1
        if self.n_begun < 0:
            raise InterruptedError


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    study = tmp_path / "archive" / "s-1"
    study.mkdir(parents=True)
    for n in range(6):
        (study / f"i{n}").write_bytes(Random(n).randbytes(4096 * PIECES))
    return Archive(tmp_path / "archive", tmp_path / "log")


@pytest.fixture
def fetch(archive: Archive, tmp_path: Path) -> Callable[..., Progress]:
    def run(watch: Looker | None = None, most: Most = ENOUGH) -> Progress:
        journal = Journal(tmp_path / "raw", "1")
        return fetch_study(archive.open, KEY, journal, most, watch or Looker())

    return run


def contents(tmp_path: Path) -> list[bytes]:
    return [file.read_bytes() for file in complete_files(tmp_path / "raw") or []]


def originals(tmp_path: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted((tmp_path / "archive" / "s-1").iterdir())]


def test_it_fetches_a_study(fetch, tmp_path):
    progress = fetch()

    assert contents(tmp_path) == originals(tmp_path)
    assert (progress.n_fetched, progress.n_bytes_fetched) == (6, 6 * PIECES * 4096)


def test_it_tells_how_far_it_is(fetch, archive):
    archive.seconds_a_piece = 0.02
    looker = Looker()
    fetch(looker)

    counts = [progress.n_bytes_fetched for progress in looker.seen]
    assert counts == sorted(counts)
    assert len(set(counts)) > 5
    assert looker.seen[-1].bytes_per_s > 10_000


@pytest.mark.parametrize("resumes", [True, False])
def test_it_goes_on_after_cuts(fetch, archive, tmp_path, resumes):
    archive.resumes, archive.cuts = resumes, [7, 12, 25, 39, 44]
    fetch()

    assert contents(tmp_path) == originals(tmp_path)
    assert Counter(name for [name] in archive.said("fetched")) == {f"i{n}": 1 for n in range(6)}


def test_it_gives_up_when_no_attempt_brings_more(fetch, archive, tmp_path):
    archive.cuts = list(range(1, 1000))

    with pytest.raises(WayFailed) as failed:
        fetch()
    assert failed.value.kind is Trouble.LINK
    assert complete_files(tmp_path / "raw") is None


def test_it_goes_on_where_another_run_was_stopped(fetch, archive, tmp_path):
    archive.seconds_a_piece = 0.02
    with pytest.raises(InterruptedError):
        fetch(Looker(n_bytes=3 * PIECES * 4096))
    fetch()

    assert contents(tmp_path) == originals(tmp_path)
    assert Counter(name for [name] in archive.said("fetched")) == {f"i{n}": 1 for n in range(6)}


def test_it_stops_in_the_middle_of_a_file(fetch, archive):
    archive.seconds_a_piece = 0.05
    with pytest.raises(InterruptedError):
        fetch(Looker(n_bytes=4096))

    assert archive.said("fetched") == []


def test_it_lets_files_under_way_end_when_it_may_begin_no_more(fetch, archive):
    with pytest.raises(InterruptedError):
        fetch(Looker(n_begun=3))

    assert len(archive.said("fetched")) == len(archive.said("begun")) == 3


def test_it_looks_at_nothing_again_when_all_is_here(fetch, archive, tmp_path):
    fetch()
    fetch()

    assert len(archive.said("begun")) == 6


def test_it_refuses_a_study_with_too_many_files(fetch):
    with pytest.raises(TooMuch, match=r"6 files.*allows 5"):
        fetch(most=Most(10**9, 5))


def test_it_refuses_a_study_that_grows_too_big(fetch, archive):
    archive.seconds_a_piece = 0.001
    with pytest.raises(TooMuch, match="allows 50000"):
        fetch(most=Most(50_000, 100))


def test_it_says_that_a_study_is_gone(fetch, archive, tmp_path):
    archive.root = tmp_path / "elsewhere"

    with pytest.raises(WayFailed) as failed:
        fetch()
    assert failed.value.kind is Trouble.GONE
