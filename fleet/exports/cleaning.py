"""De-identify a fetched study, and draw the sheets that a person looks through."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from fleet.exports import keys
from fleet.exports.child import Cleaner
from fleet.exports.contract import Told
from fleet.exports.ends import End
from fleet.exports.facts import Attempt, Prediction
from fleet.exports.folders import clean_folder, preview_folder, raw_folder
from fleet.exports.instance import Outcome, Task
from fleet.exports.journal import complete_files, read_json, write_json
from fleet.exports.masks import Mask, read_masks
from fleet.exports.models import ExportedStudy
from fleet.exports.moving import Ended
from fleet.exports.preview import PER_SHEET
from fleet.exports.purposes import PURPOSES
from fleet.exports.study import (
    CleanStudy,
    StudyRefused,
    Taken,
    Texts,
    clean_study,
    draw_sheets,
    read_texts,
)
from fleet.exports.watching import StudyWatch

STUDY, TOLD, TEXTS = "study.json", "told.json", "texts.json"
# Each reads images in a process of its own; how many at once is a matter of memory.
AT_ONCE = threading.BoundedSemaphore(2)
WAIT_S = 1.0
Why = ExportedStudy.Why
WHY = {End.WRONG_STUDY: Why.SOURCE, End.DISK_FULL: Why.DISK_FULL}


@dataclass(frozen=True)
class Kept:
    """What is kept of a study between its de-identification and its package."""

    study: CleanStudy
    predictions: tuple[Prediction, ...]
    attempts: tuple[Attempt, ...]
    texts: Texts | None  # None also before the sheets are drawn


def keep_told(folder: Path, told: Told) -> None:
    """Keep beside the raw files what the region says of the study."""
    write_json(
        folder / TOLD,
        {
            "study_uid": told.study_uid,
            "predictions": [asdict(one) for one in told.predictions],
            "attempts": [asdict(one) for one in told.attempts],
        },
    )


def clean(study: ExportedStudy, watch: StudyWatch) -> CleanStudy:
    """De-identify all that was fetched, from the beginning. Raises Ended, or what `watch` does."""
    raw, folder = raw_folder(study), clean_folder(study)
    # A new name each time: the reader of a worker that was killed may still write under the old.
    images = folder / f"files-{secrets.token_hex(8)}"
    files, told = complete_files(raw), read_json(raw / TOLD)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    with _cleaner(study, told["study_uid"], watch) as cleaner:
        try:
            cleaned = clean_study(files or [], images, cleaner)
        except StudyRefused as refused:
            why = WHY.get(refused.end, Why.UNCLEAN)
            raise Ended(why, f"{refused.end.value}: {refused}") from None
    if len({taken.outcome.study for taken in cleaned.taken}) > 1:
        raise Ended(Why.SOURCE, "The archive sent files of several studies.")
    write_json(folder / TOLD, {name: told[name] for name in ("predictions", "attempts")})
    write_json(folder / STUDY, _words(cleaned))
    return cleaned


def draw(study: ExportedStudy, watch: StudyWatch) -> int:
    """Draw the contact sheets anew and return their number. Raises Ended, or what `watch` does."""
    folder = clean_folder(study) / f"sheets-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    cleaned = kept(study).study
    with _cleaner(study, "", watch) as cleaner:
        texts = read_texts(cleaned, cleaner) if settings.FLEET_EXPORT_TEXT_SEARCH else None
        sheets = draw_sheets(cleaned, folder, cleaner, texts)
    write_json(clean_folder(study) / TEXTS, {"texts": asdict(texts) if texts else None})
    if len(sheets) < -(-len(cleaned.taken) // PER_SHEET):
        raise Ended(
            Why.UNCLEAN, "Not every contact sheet can be drawn, and nobody could look it through."
        )
    shutil.rmtree(preview_folder(study), ignore_errors=True)
    folder.rename(preview_folder(study))
    return len(sheets)


def kept(study: ExportedStudy) -> Kept:
    """Return what `clean` left. Raises FileNotFoundError."""
    folder = clean_folder(study)
    words, told = read_json(folder / STUDY), read_json(folder / TOLD)
    if words is None or told is None:
        raise FileNotFoundError(folder)
    return Kept(
        _study(folder / words["folder"], words),
        tuple(Prediction(**one) for one in told["predictions"]),
        tuple(Attempt(**one) for one in told["attempts"]),
        _texts((read_json(folder / TEXTS) or {}).get("texts")),
    )


class _WatchedCleaner(Cleaner):
    """Lets people pause and cancel, also in the middle of a file: the child ends with us."""

    def __init__(self, task: Task, watch: StudyWatch) -> None:
        super().__init__(task)
        self._watch = watch
        self._n_read = self._n_cleaned = 0

    def clean(self, source: Path, target: Path) -> Outcome:
        self._watch.look_sometimes(
            n_cleaned=self._n_cleaned, n_left_out=self._n_read - self._n_cleaned
        )
        outcome = super().clean(source, target)
        self._n_read += 1
        self._n_cleaned += outcome.end is End.CLEANED
        return outcome

    def look(self) -> None:
        self._watch.look_sometimes()


def configured_masks() -> tuple[Mask, ...]:
    """Return the administrator's masks. Raises MasksRefused."""
    path = settings.FLEET_EXPORT_MASKS
    return read_masks(Path(path)) if path else read_masks()


@contextmanager
def _cleaner(study: ExportedStudy, study_uid: str, watch: StudyWatch) -> Iterator[Cleaner]:
    export = study.export
    purpose, key = PURPOSES[export.purpose], keys.project_key(export.project)
    task = Task(purpose, key, study_uid, configured_masks())
    while not AT_ONCE.acquire(timeout=WAIT_S):
        watch.look()
    try:
        with _WatchedCleaner(task, watch) as cleaner:
            yield cleaner
    finally:
        AT_ONCE.release()


def _texts(words: dict[str, Any] | None) -> Texts | None:
    return Texts(**{**words, "files": tuple(words["files"])}) if words else None


def _words(study: CleanStudy) -> dict[str, Any]:
    return {
        "folder": study.folder.name,
        "taken": [
            [taken.name, {**asdict(taken.outcome), "end": taken.outcome.end.name}]
            for taken in study.taken
        ],
        "left_out": [[n, end.name] for n, end in study.left_out],
    }


def _study(folder: Path, words: dict[str, Any]) -> CleanStudy:
    return CleanStudy(
        folder,
        tuple(
            Taken(name, Outcome(**{**outcome, "end": End[outcome["end"]]}))
            for name, outcome in words["taken"]
        ),
        tuple((n, End[end]) for n, end in words["left_out"]),
    )
