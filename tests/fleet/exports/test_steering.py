"""Pause, go on, cancel, prioritise: who may, when, and what the exporter is told."""

from __future__ import annotations

import pytest

from fleet.exports.asking import ExportRefused
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportRight
from fleet.exports.steering import (
    cancel,
    cancel_all,
    pause,
    pause_all,
    prioritise,
    resume,
    resume_all,
)
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import give_right, make_export, make_exported_study, make_exporting

pytestmark = pytest.mark.django_db
State = ExportedStudy.State


@pytest.fixture
def study(db):
    region = make_region()
    person = make_person(regions=[region])
    make_exporting(region, person)
    return make_exported_study(make_export(region, person), State.FETCHING)


@pytest.fixture
def owner(study):
    return study.export.requester


def test_it_pauses_and_goes_on(study, owner):
    pause(study, owner, NOW)
    study.refresh_from_db()
    assert (study.is_paused, study.state) == (True, State.FETCHING)

    resume(study, owner, NOW)
    study.refresh_from_db()
    assert not study.is_paused
    assert [one.kind for one in ExportEvent.objects.order_by("pk")] == ["paused", "resumed"]


@pytest.mark.parametrize(
    "state", [State.WAITING_APPROVAL, State.READY, *sorted(ExportedStudy.FINAL)]
)
def test_it_pauses_only_what_moves(study, owner, state):
    ExportedStudy.objects.update(state=state)

    with pytest.raises(ExportRefused, match="nothing to pause"):
        pause(study, owner, NOW)


def test_it_asks_the_exporter_to_end_what_it_works_on(study, owner):
    ExportedStudy.objects.update(is_paused=True)
    cancel(study, owner, NOW)

    study.refresh_from_db()
    assert (study.state, study.wants_cancel, study.is_paused) == (State.FETCHING, True, False)
    with pytest.raises(ExportRefused, match="nothing to cancel"):
        cancel(study, owner, NOW)


def test_it_ends_at_once_what_nobody_approved(study, owner):
    ExportedStudy.objects.update(state=State.WAITING_APPROVAL)
    cancel(study, owner, NOW)

    study.refresh_from_db()
    assert study.state == State.CANCELLED


@pytest.mark.parametrize("state", [State.READY, State.EXPIRED, *sorted(ExportedStudy.FINAL)])
def test_it_does_not_cancel_what_is_over(study, owner, state):
    ExportedStudy.objects.update(state=state)

    with pytest.raises(ExportRefused, match="nothing to cancel"):
        cancel(study, owner, NOW)


def test_it_changes_the_priority_while_something_waits(study, owner):
    prioritise(study.export, owner, Export.Priority.URGENT, NOW)
    study.export.refresh_from_db()
    assert study.export.priority == Export.Priority.URGENT

    ExportedStudy.objects.update(state=State.READY)
    with pytest.raises(ExportRefused, match="waits any more"):
        prioritise(study.export, owner, Export.Priority.NORMAL, NOW)


@pytest.mark.parametrize("deed", [pause, resume, cancel])
def test_others_do_not_steer(study, deed):
    other = make_person("other", regions=[study.export.region])
    give_right(other)

    with pytest.raises(ExportRefused, match="Only who asked"):
        deed(study, other, NOW)


def test_who_may_approve_steers_too(study):
    approver = make_person("approver", regions=[study.export.region])
    give_right(approver, ExportRight.Deed.APPROVE)

    cancel(study, approver, NOW)

    assert ExportEvent.objects.get().username == "approver"


@pytest.fixture
def export(study):
    """Studies in three states more; the last is paused."""
    for state in (State.WAITING_APPROVAL, State.READY, State.QUEUED):
        fields = {"study_ref": state.value, "is_paused": state == State.QUEUED}
        make_exported_study(study.export, state, **fields)
    return study.export


def stand(export):
    """Return what each study is marked with, in their order."""
    marks = export.studies.order_by("pk").values_list("state", "is_paused", "wants_cancel")
    return [
        "cancelled" if state == State.CANCELLED or wants else "paused" if is_paused else "goes"
        for state, is_paused, wants in marks
    ]


@pytest.mark.parametrize(
    ("deed", "stands"),
    [
        (pause_all, ["paused", "goes", "goes", "paused"]),
        (resume_all, ["goes", "goes", "goes", "goes"]),
        (cancel_all, ["cancelled", "cancelled", "goes", "cancelled"]),
    ],
)
def test_it_does_with_all_what_it_does_with_one(export, owner, deed, stands):
    deed(export, owner, NOW)

    assert stand(export) == stands
    with pytest.raises(ExportRefused, match="no such study"):
        deed(export, owner, NOW)


@pytest.mark.parametrize("deed", [pause_all, resume_all, cancel_all])
def test_only_who_may_steer_does_it_with_all(export, deed):
    with pytest.raises(ExportRefused, match="Only who asked"):
        deed(export, make_person("other"), NOW)
