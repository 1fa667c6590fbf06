"""The steps of one study, each from the state before to the state after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fleet.exports import cleaning, failing, room
from fleet.exports.contract import ask_region
from fleet.exports.fetching import Most, TooMuch, fetch_study
from fleet.exports.folders import clean_folder, package_path, raw_folder
from fleet.exports.journal import Journal, bytes_here, complete_files
from fleet.exports.looking_up import locate
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.moving import Ended, Overtaken, move
from fleet.exports.packing import pack_study
from fleet.exports.queueing import policy_of
from fleet.exports.shredding import drop_raw, remove
from fleet.exports.sources import open_way
from fleet.exports.watching import Cancelled, Cause, Held, StudyWatch
from fleet.exports.ways.reach import Reach, lines_into
from fleet.exports.ways.way import StudyKey

State = ExportedStudy.State
Why = ExportedStudy.Why
Kind = ExportEvent.Kind
Clock = Callable[[], datetime]


def look_up(study: ExportedStudy, now: Clock) -> None:
    """REQUESTED to QUEUED. Raises WayFailed, Ended, Overtaken."""
    located = locate(study.export.region, study.study_ref, now())
    move(
        study,
        State.QUEUED,
        now(),
        event=Kind.LOOKED_UP,
        detail=f"{_size(located.n_instances, located.n_bytes)} in {located.source}",
        source=located.source,
        looked_up_at=now(),
        n_instances=located.n_instances,
        n_bytes=located.n_bytes,
        sentence="",
        retry_at=None,
    )


def advance(study: ExportedStudy, watch: StudyWatch, now: Clock) -> None:
    """Do the steps that follow each other without a person.

    Raises WayFailed, Ended, Held, Cancelled, Overtaken.
    """
    if study.wants_cancel:
        raise Cancelled
    if study.is_paused:
        raise Held(Cause.PAUSED)
    if study.state == State.QUEUED:
        _begin(study, now)
    if study.state == State.FETCHING:
        _fetch(study, watch, now)
    if study.state == State.CLEANING:
        _clean(study, watch, now)
    if study.state == State.VALIDATING:
        _draw(study, watch, now)


def _begin(study: ExportedStudy, now: Clock) -> None:
    """QUEUED to FETCHING with room set aside; to REQUESTED when its source is gone."""
    if study.source is None or not study.source.is_enabled:
        move(study, State.REQUESTED, now())
        return
    policy = policy_of(study.export.region)
    most = policy.max_study_bytes if policy else 0
    try:
        room.reserve(study, most if study.n_bytes is None else study.n_bytes, room.disk())
    except room.NoRoom as reason:
        failing.after_no_room(study, reason, now())
        return
    move(study, State.FETCHING, now(), seen_at=now(), retry_at=None, sentence="")


def _fetch(study: ExportedStudy, watch: StudyWatch, now: Clock) -> None:
    """FETCHING to CLEANING; over no line when the files of another export are still here."""
    raw = raw_folder(study)
    values: dict[str, object] = {}
    if complete_files(raw) is None:
        _transfer(study, watch)
        # Not when all was here already: what fails again and again comes by here each time.
        values["n_failures"] = 0
    files = complete_files(raw) or []
    n_bytes = bytes_here(files)
    move(
        study,
        State.CLEANING,
        now(),
        event=Kind.FETCHED,
        detail=f"{_size(len(files), n_bytes)} from {study.source}",
        n_instances=len(files),
        n_bytes=n_bytes,
        n_fetched=len(files),
        n_bytes_fetched=n_bytes,
        **values,
    )


def _transfer(study: ExportedStudy, watch: StudyWatch) -> None:
    region, source = study.export.region, study.source
    policy = policy_of(region)
    if source is None or policy is None:
        raise Held(Cause.LINE)
    told = ask_region(region, study.study_ref)
    journal = Journal(raw_folder(study), str(source.pk))
    cleaning.keep_told(journal.folder, told)
    most = Most(policy.max_study_bytes, policy.max_study_instances)
    key = StudyKey(study.study_ref, told.study_uid)
    with Reach(lines_into(region)) as reach:
        try:
            progress = fetch_study(lambda: open_way(source, reach), key, journal, most, watch)
        except TooMuch as reason:
            raise Ended(Why.TOO_BIG, str(reason)) from None
    watch.finish(progress)


def _clean(study: ExportedStudy, watch: StudyWatch, now: Clock) -> None:
    """CLEANING to VALIDATING."""
    if complete_files(raw_folder(study)) is None:
        raise Held(Cause.LINE)
    cleaned = cleaning.clean(study, watch)
    n_cleaned, n_left_out = len(cleaned.taken), len(cleaned.left_out)
    move(
        study,
        State.VALIDATING,
        now(),
        event=Kind.CLEANED,
        detail=f"{n_cleaned} of {cleaned.n_sources} files",
        n_cleaned=n_cleaned,
        n_left_out=n_left_out,
    )


def _draw(study: ExportedStudy, watch: StudyWatch, now: Clock) -> None:
    """VALIDATING to PREVIEW; the files as they came are not wanted any more."""
    n_sheets = cleaning.draw(study, watch)
    n_bytes = sum(taken.outcome.size for taken in cleaning.kept(study).study.taken)
    move(study, State.PREVIEW, now(), n_sheets=n_sheets, n_bytes_reserved=n_bytes)
    drop_raw(study)


def pack(study: ExportedStudy, now: Clock) -> None:
    """PREVIEW to READY. Raises Overtaken."""
    packed = pack_study(study, now())
    try:
        move(
            study,
            State.READY,
            now(),
            event=Kind.PACKED,
            detail=f"{packed.n_bytes} bytes, SHA-256 {packed.sha256}",
            package_bytes=packed.n_bytes,
            package_sha256=packed.sha256,
            expires_at=packed.expires_at,
            n_bytes_reserved=0,
            n_failures=0,
        )
    except Overtaken:
        remove([package_path(study)])
        raise
    remove([clean_folder(study)])


def _size(n_instances: int | None, n_bytes: int | None) -> str:
    files = "an unknown number of" if n_instances is None else str(n_instances)
    size = "an unknown number of" if n_bytes is None else str(n_bytes)
    return f"{files} files, {size} bytes"
