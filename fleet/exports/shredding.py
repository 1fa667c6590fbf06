"""Remove what lies on the disk for a study that needs it no more, and what no study owns.

Files are removed, not written over: a journaling file system or an SSD keeps the old blocks
whatever is written. Put the export folder on an encrypted disk.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Q

from fleet.exports.folders import (
    clean_folder,
    export_folder,
    make_folders,
    package_path,
    preview_folder,
    raw_folder,
    work_folder,
)
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.moving import Overtaken, move
from fleet.exports.queueing import AT_WORK
from fleet.exports.trail import record

State = ExportedStudy.State
# In which states a study may own what.
RAW = frozenset({State.REQUESTED, State.QUEUED, *AT_WORK})
CLEAN = frozenset({State.CLEANING, State.VALIDATING, State.PREVIEW})
PREVIEWS = frozenset({State.VALIDATING, State.PREVIEW, State.READY})
PACKAGE = frozenset({State.PREVIEW, State.READY})
# Half a study with its patient's name is not kept for ever because somebody paused it: what was
# fetched is fetched again.
RAW_KEPT = timedelta(days=7)


def shred(study: ExportedStudy, now: datetime) -> None:
    """Remove all that is there of a study; the trail says so if there was anything."""
    own = [clean_folder(study), preview_folder(study), *_packages(study)]
    if not is_raw_wanted(study):
        own.append(raw_folder(study))
    if remove(own):
        kind = ExportEvent.Kind.SHREDDED
        record(kind, "", study.export, now, study_ref=study.study_ref)


def is_raw_wanted(study: ExportedStudy) -> bool:
    """Whether another study's export still wants the same files of the same region."""
    same = ExportedStudy.objects.filter(
        export__region=study.export.region, study_ref=study.study_ref, state__in=RAW
    )
    return same.exclude(pk=study.pk).exists()


def drop_raw(study: ExportedStudy) -> None:
    """Remove the files as they came once nobody wants them any more."""
    if not is_raw_wanted(study):
        remove([raw_folder(study)])


def expire(now: datetime) -> int:
    """End the packages whose time is over, shred them, and return how many those were."""
    over = ExportedStudy.objects.filter(state=State.READY, expires_at__lte=now)
    for study in over.select_related("export__region"):
        try:
            move(study, State.EXPIRED, now, event=ExportEvent.Kind.EXPIRED)
        except Overtaken:
            continue
    expired = ExportedStudy.objects.filter(state=State.EXPIRED).select_related("export__region")
    for study in expired:
        remove([clean_folder(study), preview_folder(study), *_packages(study)])
        move(study, State.SHREDDED, now, event=ExportEvent.Kind.SHREDDED)
    return len(expired)


def shred_ended(now: datetime) -> int:
    """Shred the studies that a person ended while they still had room; return how many."""
    ended = ExportedStudy.objects.filter(state__in=ExportedStudy.FINAL, n_bytes_reserved__gt=0)
    studies = list(ended.select_related("export__region"))
    for study in studies:
        shred(study, now)
        ExportedStudy.objects.filter(pk=study.pk).update(n_bytes_reserved=0)
    return len(studies)


def sweep(now: datetime) -> int:
    """Shred what ended studies have left, remove what no study owns; return how many pieces.

    What is there is listed before the rows are read: a study takes its state before it makes its
    folder.
    """
    make_folders()
    work, previews = work_folder(), export_folder() / "previews"
    there = [*work.iterdir(), *previews.iterdir(), *(export_folder() / "packages").iterdir()]
    if not there:
        return 0
    studies = list(
        ExportedStudy.objects.filter(pk__in=_numbers(there)).select_related("export__region")
    )
    for study in studies:
        if study.state in ExportedStudy.FINAL:
            shred(study, now)
    owned = _owned(studies, now)
    return remove(path for path in there if path not in owned)


def remove(paths: Iterable[Path]) -> int:
    """Remove files and folders; return how many were there."""
    n = 0
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.is_symlink() or path.exists():
            path.unlink()
        else:
            continue
        n += 1
    return n


def _owned(studies: Iterable[ExportedStudy], now: datetime) -> set[Path]:
    owned: set[Path] = set()
    for study in studies:
        if study.state in CLEAN:
            owned.add(clean_folder(study))
        if study.state in PREVIEWS:
            owned.add(preview_folder(study))
        if study.state in PACKAGE:
            owned.update(_packages(study))
    is_fresh = Q(seen_at=None) | Q(seen_at__gt=now - RAW_KEPT)
    wanting = ExportedStudy.objects.filter(is_fresh, state__in=RAW)
    fetched = wanting.select_related("export__region")
    return owned | {raw_folder(study) for study in fetched}


def _packages(study: ExportedStudy) -> list[Path]:
    """Return the package, and what one that was being written is called."""
    path = package_path(study)
    return [path, path.with_suffix(".new")]


def _numbers(paths: Iterable[Path]) -> set[int]:
    """Return the numbers of studies that the paths name."""
    named = {path.stem.removeprefix("clean-") for path in paths}
    return {int(name) for name in named if name.isdecimal() and len(name) < 19}
