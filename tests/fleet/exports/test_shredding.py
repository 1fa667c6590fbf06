"""What a study owns stays, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.exports.folders import (
    clean_folder,
    make_folders,
    package_path,
    preview_folder,
    raw_folder,
)
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.shredding import drop_raw, expire, shred, shred_ended, sweep
from tests.builders import NOW, make_region
from tests.rig.export_center import ask

State = ExportedStudy.State
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("exporting")]


@pytest.fixture
def study() -> ExportedStudy:
    make_folders()
    return ask(make_region(), "s-1", NOW)


def there(study: ExportedStudy) -> set[str]:
    places = {
        "raw": raw_folder(study),
        "clean": clean_folder(study),
        "preview": preview_folder(study),
        "package": package_path(study),
    }
    return {name for name, path in places.items() if path.exists()}


def fill(study: ExportedStudy) -> None:
    for folder in (raw_folder(study), clean_folder(study), preview_folder(study)):
        folder.mkdir()
        (folder / "file").write_text("x")
    package_path(study).write_text("x")


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (State.REQUESTED, {"raw"}),
        (State.QUEUED, {"raw"}),
        (State.FETCHING, {"raw"}),
        (State.CLEANING, {"raw", "clean"}),
        (State.VALIDATING, {"raw", "clean", "preview"}),
        (State.PREVIEW, {"clean", "preview", "package"}),
        (State.READY, {"preview", "package"}),
        *((state, set()) for state in sorted(ExportedStudy.FINAL)),
    ],
)
def test_it_sweeps_what_a_study_in_this_state_does_not_own(study, state, left):
    fill(study)
    ExportedStudy.objects.update(state=state)
    sweep(NOW)

    assert there(study) == left


def test_it_sweeps_what_belongs_to_no_study(study):
    fill(study)
    study.delete()
    (raw_folder(study).parent / "raw-0000").mkdir()

    assert sweep(NOW) == 5
    assert list(raw_folder(study).parent.iterdir()) == []


def test_it_keeps_files_that_another_export_still_wants(study):
    other = ask(study.export.region, "s-1", NOW)
    fill(study)
    shred(study, NOW)
    wanted = there(study)
    ExportedStudy.objects.filter(pk=other.pk).update(state=State.CANCELLED)
    drop_raw(study)

    assert (wanted, there(study)) == ({"raw"}, set())


def test_it_sweeps_what_nobody_went_on_with_for_a_week(study):
    fill(study)
    ExportedStudy.objects.update(state=State.QUEUED, seen_at=NOW)
    sweep(NOW + timedelta(days=6))
    kept = there(study)
    sweep(NOW + timedelta(days=8))

    assert (kept, there(study)) == ({"raw"}, set())


def test_it_does_not_take_another_regions_study_for_the_same(study):
    ask(make_region("perm"), "s-1", NOW)
    fill(study)
    drop_raw(study)

    assert "raw" not in there(study)


def test_it_shreds_what_a_person_rejected_and_gives_its_room_back(study):
    fill(study)
    ExportedStudy.objects.update(state=State.REFUSED, n_bytes_reserved=1000)

    assert (shred_ended(NOW), shred_ended(NOW)) == (1, 0)
    assert there(study) == set()


def test_it_expires_a_package_to_the_second(study):
    fill(study)
    ExportedStudy.objects.update(state=State.READY, expires_at=NOW)

    assert (expire(NOW - timedelta(seconds=1)), expire(NOW), expire(NOW)) == (0, 1, 0)
    assert ExportedStudy.objects.get().state == State.SHREDDED
    assert "package" not in there(study)


def test_it_finishes_an_expiry_that_was_killed_halfway(study):
    fill(study)
    ExportedStudy.objects.update(state=State.EXPIRED)
    expire(NOW)

    assert ExportedStudy.objects.get().state == State.SHREDDED


def test_it_says_in_the_trail_what_it_shredded(study):
    fill(study)
    shred(study, NOW)
    shred(study, NOW)

    assert list(ExportEvent.objects.values_list("kind", flat=True)) == ["shredded"]
