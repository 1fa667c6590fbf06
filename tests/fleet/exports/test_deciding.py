"""A second person decides, and nobody about their own request."""

from __future__ import annotations

import pytest

from fleet.exports.asking import ExportRefused
from fleet.exports.deciding import approve, refuse
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportRight
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import give_right, make_export, make_exported_study, make_exporting

pytestmark = pytest.mark.django_db
State = ExportedStudy.State


@pytest.fixture
def export(db):
    """One study waits, one was cancelled meanwhile."""
    region = make_region()
    person = make_person(regions=[region])
    make_exporting(region, person, needs_approval=True)
    export = make_export(region, person)
    make_exported_study(export, State.WAITING_APPROVAL)
    make_exported_study(export, State.CANCELLED, study_ref="b2")
    return export


@pytest.fixture
def approver(export):
    approver = make_person("approver", regions=[export.region])
    give_right(approver, ExportRight.Deed.APPROVE)
    return approver


def states(export):
    return [one.state for one in export.studies.all()]


def test_it_lets_what_waits_go(export, approver):
    approve(export, approver, "", NOW)

    export.refresh_from_db()
    assert (export.is_approved, export.decided_by) == (True, approver)
    assert states(export) == [State.REQUESTED, State.CANCELLED]
    assert ExportEvent.objects.get().kind == "approved"


def test_it_ends_what_is_refused_with_the_reason(export, approver):
    refuse(export, approver, " not \0needed ", NOW)

    assert states(export) == [State.REFUSED, State.CANCELLED]
    assert export.studies.first().sentence == "not needed"


def test_it_refuses_nothing_without_a_reason(export, approver):
    with pytest.raises(ExportRefused, match="Write why"):
        refuse(export, approver, " ", NOW)

    assert states(export)[0] == State.WAITING_APPROVAL


def test_it_decides_once(export, approver):
    approve(export, approver, "", NOW)

    with pytest.raises(ExportRefused, match="any more"):
        refuse(export, approver, "no", NOW)
    assert ExportEvent.objects.count() == 1


def test_nobody_decides_about_their_own(export):
    give_right(export.requester, ExportRight.Deed.APPROVE)

    with pytest.raises(ExportRefused, match="your own request"):
        approve(export, export.requester, "", NOW)


def test_a_right_to_ask_is_none_to_approve(export):
    other = make_person("other", regions=[export.region])
    give_right(other)

    with pytest.raises(ExportRefused, match="no right to decide"):
        approve(export, other, "", NOW)
