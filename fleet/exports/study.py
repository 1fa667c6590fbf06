"""A study's files, one after another through the child, under names of our own."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fleet.exports.child import Cleaner
from fleet.exports.ends import End
from fleet.exports.instance import Outcome
from fleet.exports.preview import PER_SHEET


class StudyRefused(Exception):
    """Nothing of the study may go on; `end` says why."""

    def __init__(self, end: End, text: str) -> None:
        super().__init__(text)
        self.end = end


@dataclass(frozen=True)
class Taken:
    """One de-identified file, named by counting: never by anything that was read."""

    name: str  # "dicom/0001/0002/00003.dcm", within the folder
    outcome: Outcome


@dataclass(frozen=True)
class CleanStudy:
    """What became of each file of a study that was asked for."""

    folder: Path
    taken: tuple[Taken, ...]
    left_out: tuple[tuple[int, End], ...]  # number of the source, from 1, and why

    @property
    def n_sources(self) -> int:
        return len(self.taken) + len(self.left_out)


def clean_study(sources: Iterable[Path], folder: Path, cleaner: Cleaner) -> CleanStudy:
    """De-identify the sources into `folder`, which must not exist yet.

    Raises StudyRefused when a file belongs to another study, when the disk is full, or when nothing
    is left; the folder is gone then, as after any other error.
    """
    folder.mkdir(mode=0o700)
    try:
        return _clean_study(sources, folder, cleaner)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _clean_study(sources: Iterable[Path], folder: Path, cleaner: Cleaner) -> CleanStudy:
    taken: list[Taken] = []
    left_out: list[tuple[int, End]] = []
    numbers: dict[str, dict[str, int]] = {}
    counts: Counter[tuple[int, int]] = Counter()
    for n, source in enumerate(sources, start=1):
        part = folder / "part"
        outcome = cleaner.clean(source, part)
        if outcome.end is End.WRONG_STUDY:
            raise StudyRefused(outcome.end, f"File {n} belongs to another study: fetch it again.")
        if outcome.end is End.DISK_FULL:
            raise StudyRefused(outcome.end, f"The disk was full at file {n}: free some space.")
        if outcome.end is not End.CLEANED:
            left_out.append((n, outcome.end))
            continue
        series = numbers.setdefault(outcome.study, {})
        number = series.setdefault(outcome.series, len(series) + 1)
        study = list(numbers).index(outcome.study) + 1
        counts[study, number] += 1
        name = f"dicom/{study:04d}/{number:04d}/{counts[study, number]:05d}.dcm"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        part.rename(folder / name)
        taken.append(Taken(name, outcome))
    if not taken:
        ends = ", ".join(sorted({end.value for _n, end in left_out})) or "no files"
        raise StudyRefused(
            left_out[0][1] if left_out else End.NOT_DICOM, f"Nothing is left: {ends}."
        )
    return CleanStudy(folder, tuple(taken), tuple(left_out))


def draw_sheets(study: CleanStudy, folder: Path, cleaner: Cleaner) -> list[Path]:
    """Draw contact sheets of 12 images each into `folder`; return those that could be drawn."""
    sheets = []
    for start in range(0, len(study.taken), PER_SHEET):
        shown = study.taken[start : start + PER_SHEET]
        images = [study.folder / taken.name for taken in shown]
        sheet = folder / f"sheet-{start // PER_SHEET + 1:03d}.png"
        if cleaner.draw(images, [taken.name for taken in shown], sheet) is End.CLEANED:
            sheets.append(sheet)
    return sheets
