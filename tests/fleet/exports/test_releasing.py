"""Nothing is released before a person has looked at every contact sheet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.exports.asking import ExportRefused
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.releasing import look_at, looked_at, reject, release
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import make_export, make_exported_study, make_exporting

pytestmark = pytest.mark.django_db
State = ExportedStudy.State


@pytest.fixture
def study(db):
    region = make_region()
    person = make_person(regions=[region])
    make_exporting(region, person)
    return make_exported_study(make_export(region, person), State.PREVIEW, n_sheets=2)


@pytest.fixture
def owner(study):
    return study.export.requester


def test_it_is_released_after_all_sheets(study, owner):
    for n in (1, 2, 2):
        look_at(study, owner, n, NOW)
    release(study, owner, NOW)

    study.refresh_from_db()
    assert (study.state, study.looked_through_by) == (State.PREVIEW, owner)
    kinds = list(ExportEvent.objects.order_by("pk").values_list("kind", "detail"))
    assert kinds == [
        ("looked_through", "sheet 1 of 2"),
        ("looked_through", "sheet 2 of 2"),
        ("released", ""),
    ]


def test_it_counts_neither_others_looks_nor_those_at_older_sheets(study, owner):
    other = make_person("other", regions=[study.export.region])
    look_at(study, other, 1, NOW)
    look_at(study, owner, 2, NOW - timedelta(hours=1))

    assert looked_at(study, owner) == set()
    with pytest.raises(ExportRefused, match="not seen 2 of them"):
        release(study, owner, NOW)


def test_it_is_rejected_with_a_reason(study, owner):
    with pytest.raises(ExportRefused, match="Write what you saw"):
        reject(study, owner, "", NOW)
    reject(study, owner, "a name in image 3", NOW)

    study.refresh_from_db()
    assert (study.state, study.sentence) == (State.REFUSED, "a name in image 3")


@pytest.mark.parametrize("state", [State.CLEANING, State.READY, State.CANCELLED])
def test_it_decides_only_what_waits_for_it(study, owner, state):
    ExportedStudy.objects.update(state=state, n_sheets=0)
    study.refresh_from_db()

    with pytest.raises(ExportRefused, match="any more"):
        release(study, owner, NOW)
    with pytest.raises(ExportRefused, match="any more"):
        reject(study, owner, "a name", NOW)


def test_who_has_no_right_releases_nothing(study):
    other = make_person("other", regions=[study.export.region])

    with pytest.raises(ExportRefused, match="no right"):
        release(study, other, NOW)
