"""Every end has its reason and leaves nothing on the disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from fleet.clock import now
from fleet.exports import child, cleaning, room, work
from fleet.exports.contract import Told
from fleet.exports.folders import clean_folder, make_folders, raw_folder
from fleet.exports.journal import COMPLETE, write_json
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_sources import ExportPolicy, LinkUse
from fleet.exports.queueing import next_study
from fleet.exports.watching import HALT
from fleet.exports.ways.way import Trouble, WayFailed
from tests.rig.export_center import ExportCenter, write_study

State = ExportedStudy.State
Why = ExportedStudy.Why
pytestmark = pytest.mark.django_db(transaction=True)


def later(by: timedelta = timedelta()) -> Callable[[], datetime]:
    return lambda: now() + by


def run(study: ExportedStudy, by: timedelta = timedelta()) -> ExportedStudy:
    work.look_up_studies(study.export.region, later(by))
    work.bring_on(study.export.region, later(by))
    return fresh(study)


def fresh(study: ExportedStudy) -> ExportedStudy:
    return ExportedStudy.objects.select_related("export__region").get(pk=study.pk)


@pytest.fixture
def asked(center: ExportCenter) -> ExportedStudy:
    center.study("s-1", now())
    return center.ask("s-1", now())


def meanwhile(
    study: ExportedStudy, is_time: Callable[[], bool], deed: Callable[[], object]
) -> None:
    """Bring a study on in a thread of its own, and do something when it is time."""
    from django.db import connection

    def bring_on() -> None:
        work.bring_on(study.export.region, now)
        connection.close()

    worker = threading.Thread(target=bring_on)
    worker.start()
    while not is_time() and worker.is_alive():
        worker.join(0.01)
    deed()
    worker.join(timeout=10)
    assert not worker.is_alive()


def while_fetching(study: ExportedStudy, deed: Callable[[], object]) -> None:
    """Bring a study on, and do something in the middle of a file."""
    work.look_up_studies(study.export.region, now)
    meanwhile(study, lambda: fresh(study).n_bytes_fetched > 0, deed)


def end_of(study: ExportedStudy) -> tuple[str, str]:
    study = fresh(study)
    return study.state, study.why


def test_it_ends_when_the_archive_sends_another_study(asked, center):
    center.database.execute("UPDATE study_native SET study_uid = '1.2.3.4'")

    assert end_of(run(asked)) == (State.FAILED, Why.SOURCE)
    assert center.files() == []


def test_it_ends_when_the_archive_sends_two_studies(asked, center):
    center.database.execute("UPDATE study_native SET study_uid = NULL")
    write_study(center.archive.root / "other", 1, "1.2.3.4")
    (center.archive.root / "other" / "image0.dcm").rename(center.archive.root / "s-1" / "x.dcm")

    assert end_of(run(asked)) == (State.FAILED, Why.SOURCE)
    assert center.files() == []


def test_it_ends_when_no_file_is_whole(asked, center):
    for file in (center.archive.root / "s-1").iterdir():
        file.write_bytes(file.read_bytes()[:20_000])

    assert end_of(run(asked)) == (State.FAILED, Why.UNCLEAN)
    assert center.files() == []


def test_it_leaves_out_what_comes_twice_or_is_no_image(asked, center):
    folder = center.archive.root / "s-1"
    (folder / "twice.dcm").write_bytes((folder / "image0.dcm").read_bytes())
    (folder / "bomb.zip").write_bytes(b"PK\3\4" + bytes(5000))
    study = run(asked)

    assert (study.state, study.n_cleaned, study.n_left_out) == (State.PREVIEW, 3, 2)


def test_it_ends_when_the_study_is_bigger_than_it_said(asked, center):
    work.look_up_studies(center.region, now)
    ExportPolicy.objects.update(max_study_bytes=50_000)
    work.bring_on(center.region, now)

    assert end_of(asked) == (State.FAILED, Why.TOO_BIG)
    assert center.files() == []


def test_it_ends_when_there_can_never_be_room(asked, center, monkeypatch):
    monkeypatch.setattr(room, "disk", lambda: room.Disk(total=10**8, free=10**8))

    assert end_of(run(asked)) == (State.FAILED, Why.DISK_FULL)
    assert center.files() == []


def test_it_waits_for_room(asked, center, monkeypatch):
    monkeypatch.setattr(room, "disk", lambda: room.Disk(total=10**12, free=1000))
    study = run(asked)

    assert (study.state, study.n_failures) == (State.QUEUED, 1)
    assert "Make room" in study.sentence
    assert study.retry_at > now()


def test_it_tries_a_line_that_is_down_for_hours_and_then_gives_up(asked, center):
    work.look_up_studies(center.region, now)
    center.archive.failure = WayFailed(Trouble.LINK, "The line is cut.")
    states = [run(asked).state]
    waits = fresh(asked).retry_at - now()
    ExportedStudy.objects.update(n_failures=10)
    states += [run(asked, timedelta(hours=n)).state for n in (1, 2)]

    assert timedelta(0) < waits <= timedelta(seconds=5)
    assert states == [State.QUEUED, State.QUEUED, State.FAILED]
    assert (*end_of(asked), fresh(asked).sentence) == (
        State.FAILED,
        Why.PATH_CLOSED,
        "The line is cut.",
    )


def test_it_says_soon_that_the_way_is_closed_when_nothing_was_found_yet(asked, center):
    center.archive.failure = WayFailed(Trouble.LINK, "The line is cut.")
    for n in range(4):
        run(asked, timedelta(hours=n))

    assert end_of(asked) == (State.UNAVAILABLE, Why.PATH_CLOSED)


def test_it_looks_a_study_up_again_that_is_gone_meanwhile(asked, center):
    work.look_up_studies(center.region, now)
    (center.archive.root / "s-1").rename(center.archive.root / "elsewhere")
    work.bring_on(center.region, now)
    before = fresh(asked).state
    run(asked, timedelta(hours=1))

    assert before == State.REQUESTED
    assert end_of(asked) == (State.UNAVAILABLE, Why.DELETED)
    assert center.files() == []


def test_it_cancels_in_the_middle_of_a_file(asked, center):
    center.archive.seconds_a_piece = 0.1
    while_fetching(asked, lambda: ExportedStudy.objects.update(wants_cancel=True))

    assert fresh(asked).state == State.CANCELLED
    assert center.archive.said("fetched") == []
    assert center.files() == []


def test_it_cancels_while_an_image_is_read(asked, center, monkeypatch):
    monkeypatch.setattr(child, "LOOK_EVERY_S", 0.05)
    make_folders()
    (raw := raw_folder(asked)).mkdir()
    # Who reads it waits without end.
    os.mkfifo(raw / "000001")
    write_json(raw / COMPLETE, ["000001"])
    cleaning.keep_told(raw, Told(None, (), ()))
    ExportedStudy.objects.update(state=State.CLEANING, source=center.source)
    is_reading = (clean_folder(asked)).is_dir
    meanwhile(asked, is_reading, lambda: ExportedStudy.objects.update(wants_cancel=True))

    assert fresh(asked).state == State.CANCELLED
    assert center.files() == []


def test_it_stops_in_the_middle_of_a_file_when_its_process_has_to_end(asked, center):
    center.archive.seconds_a_piece = 0.1
    while_fetching(asked, HALT.set)
    HALT.clear()

    assert (fresh(asked).state, fresh(asked).planned_at) == (State.QUEUED, None)


def test_it_pauses_in_the_middle_of_a_file_and_goes_on_there(asked, center):
    center.archive.seconds_a_piece, center.archive.resumes = 0.1, True
    while_fetching(asked, lambda: ExportedStudy.objects.update(is_paused=True))
    paused = fresh(asked)
    center.archive.seconds_a_piece = 0
    ExportedStudy.objects.update(is_paused=False)
    n_pieces = center.archive.n_pieces

    assert (paused.state, run(asked).state) == (State.QUEUED, State.PREVIEW)
    assert center.archive.n_pieces - n_pieces < -(-paused.n_bytes // 4096)


@pytest.mark.parametrize("state", [State.REQUESTED, State.QUEUED, State.PREVIEW])
def test_it_cancels_what_nobody_works_on(asked, center, state):
    make_folders()
    raw_folder(asked).mkdir()
    ExportedStudy.objects.update(state=state, wants_cancel=True)
    work.end_cancelled(now)

    assert fresh(asked).state == State.CANCELLED
    assert not raw_folder(asked).exists()


def test_it_stops_at_the_budget_and_goes_on_the_next_day(asked, center):
    center.archive.n_parallel = 1
    ExportPolicy.objects.update(bytes_per_day=40_000)
    first = run(asked)
    used = LinkUse.objects.get().n_bytes

    assert (first.state, first.n_fetched, used) == (State.QUEUED, 2, first.n_bytes_fetched)
    assert next_study(center.region, now()) is None
    assert next_study(center.region, now() + timedelta(days=1)) == asked


def test_it_says_an_error_of_its_own_without_its_words(asked, center, caplog):
    Export.objects.update(purpose="none of ours")
    for n in range(3):
        run(asked, timedelta(hours=n))

    assert end_of(asked) == (State.FAILED, Why.INTERNAL)
    assert "KeyError" in fresh(asked).sentence
    assert "none of ours" not in caplog.text
    assert center.files() == []
