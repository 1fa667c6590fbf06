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
from fleet.exports.recognition import recogniser

# A picture takes a second or two, and devices that write names do so on all of theirs.
MOST_READ = 60


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


@dataclass(frozen=True)
class Texts:
    """What a program that reads text found in images: the files, and never the words."""

    program: str  # its name, version and languages
    n_read: int  # images that it could look at
    files: tuple[str, ...]  # names of ours


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


def read_texts(study: CleanStudy, cleaner: Cleaner) -> Texts | None:
    """Look for text in up to 60 images, spread over the study; None where no program can."""
    program = recogniser()
    if program is None:
        return None
    step = max(1, -(-len(study.taken) // MOST_READ))
    read = study.taken[::step]
    counts = {
        taken.name: cleaner.n_words(study.folder / taken.name, program.languages) for taken in read
    }
    return Texts(
        program=f"{program.version}, {program.languages}",
        n_read=sum(count is not None for count in counts.values()),
        files=tuple(name for name, count in counts.items() if count),
    )


def draw_sheets(
    study: CleanStudy, folder: Path, cleaner: Cleaner, texts: Texts | None = None
) -> list[Path]:
    """Draw contact sheets of 12 images each into `folder`; return those that could be drawn.

    Images in which text was found say so, for whoever looks them through.
    """
    warned = frozenset(texts.files) if texts else frozenset()
    sheets = []
    for start in range(0, len(study.taken), PER_SHEET):
        shown = [taken.name for taken in study.taken[start : start + PER_SHEET]]
        images = [study.folder / name for name in shown]
        labels = [f"{name}   TEXT?" if name in warned else name for name in shown]
        sheet = folder / f"sheet-{start // PER_SHEET + 1:03d}.png"
        if cleaner.draw(images, labels, sheet) is End.CLEANED:
            sheets.append(sheet)
    return sheets
