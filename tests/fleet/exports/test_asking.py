"""What may be asked for, by whom, and how much of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from fleet.exports.asking import ExportRefused, allowance, ask
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportPolicy, ExportRight, StudySource
from fleet.exports.trail import read_trail
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import give_right, make_exporting

pytestmark = pytest.mark.django_db
WORDS = {
    "reason": "Scores fell",
    "purpose": "model_debugging",
    "project": "mammo-2026",
    "now": NOW,
}
State = ExportedStudy.State


@pytest.fixture
def region(db):
    return make_region()


@pytest.fixture
def person(region):
    """May ask for studies of the region, which lets them go without a second person."""
    person = make_person(regions=[region])
    make_exporting(region, person)
    return person


def test_it_makes_an_export_of_the_studies(region, person):
    export = ask(person, region, ["a1", "b2", " a1 "], **WORDS)

    assert [one.study_ref for one in export.studies.all()] == ["a1", "b2"]
    assert {one.state for one in export.studies.all()} == {State.REQUESTED}
    assert ExportEvent.objects.filter(kind="requested", username="oncall").count() == 2
    assert read_trail().broken is None


def test_it_waits_for_a_second_person_where_the_policy_wants_one(region, person):
    ExportPolicy.objects.update(needs_approval=True)

    export = ask(person, region, ["a1"], **WORDS)

    assert export.studies.get().state == State.WAITING_APPROVAL


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"study_refs": []}, "at least one study"),
        ({"study_refs": ["a" * 201]}, "as the region's list shows it"),
        ({"study_refs": ["a\0b"]}, "as the region's list shows it"),
        ({"reason": "  "}, "why you need"),
        ({"reason": "r" * 501}, "why you need"),
        ({"purpose": "fun"}, "purpose"),
        ({"project": "Моя работа"}, "project"),
        ({"project": ""}, "project"),
        ({"priority": 9}, "priority"),
        ({"study_refs": [str(n) for n in range(21)]}, "20 studies at most"),
    ],
)
def test_it_refuses_what_is_not_understood(region, person, given, sentence):
    with pytest.raises(ExportRefused, match=sentence):
        ask(person, region, **{"study_refs": ["a1"], **WORDS, **given})

    assert Export.objects.count() == 0


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda: ExportRight.objects.all().delete(), "no right to ask"),
        (lambda: ExportPolicy.objects.all().delete(), "may not leave"),
        (lambda: ExportPolicy.objects.update(is_allowed=False), "may not leave"),
        (lambda: StudySource.objects.update(is_enabled=False), "No archive"),
    ],
)
def test_it_refuses_what_is_not_granted(region, person, spoil, sentence):
    spoil()

    with pytest.raises(ExportRefused, match=sentence):
        ask(person, region, ["a1"], **WORDS)


def test_a_right_to_approve_is_none_to_ask(region):
    approver = make_person("approver", regions=[region])
    give_right(approver, ExportRight.Deed.APPROVE)

    with pytest.raises(ExportRefused, match="no right to ask"):
        ask(approver, region, ["a1"], **WORDS)


def test_a_right_without_a_region_ends_where_sight_ends(region, person):
    omsk = make_region("omsk")
    ExportRight.objects.update(region=None)

    with pytest.raises(ExportRefused, match="no right to ask"):
        ask(person, omsk, ["a1"], **WORDS)


def test_it_limits_what_a_person_asks_for_in_a_day(region, person, settings):
    settings.FLEET_EXPORT_STUDIES_PER_PERSON = 3
    ask(person, region, ["a1", "b2"], **WORDS)

    with pytest.raises(ExportRefused, match="1 more study today"):
        ask(person, region, ["c3", "d4"], **WORDS)

    assert allowance(person, NOW).n == 1
    assert allowance(person, NOW + timedelta(days=1)).n == 3


def test_it_limits_what_all_ask_for_in_a_day(region, person, settings):
    settings.FLEET_EXPORT_STUDIES_PER_DAY = 2
    other = make_person("other", regions=[region])
    give_right(other)
    ask(other, region, ["a1", "b2"], **WORDS)

    with pytest.raises(ExportRefused, match="All people together"):
        ask(person, region, ["c3"], **WORDS)


@pytest.mark.django_db(transaction=True)
def test_two_requests_together_do_not_pass_a_limit(region, person, settings):
    settings.FLEET_EXPORT_STUDIES_PER_PERSON = 1

    def try_to_ask(ref):
        try:
            return bool(ask(person, region, [ref], **WORDS))
        except ExportRefused:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(try_to_ask, ["a1", "b2", "c3", "d4"]))

    assert results.count(True) == 1
