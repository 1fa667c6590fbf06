"""Who may do what about an export: one row for each kind of person, own region and another's."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from fleet.exports.models_sources import ExportRight
from fleet.exports.rights import (
    export_or_404,
    may_approve,
    may_ask,
    may_look_through,
    may_steer,
    study_or_404,
    visible_exports,
)
from fleet.people.models import Role
from tests.builders import make_person, make_region
from tests.builders_exports import give_right, make_export, make_exported_study

pytestmark = pytest.mark.django_db
ASK, APPROVE = ExportRight.Deed.ASK, ExportRight.Deed.APPROVE
# Rights, whether it is the requester, and what follows: ask, approve, look through, steer.
TABLE = [
    ([], False, ""),
    ([], True, ""),
    ([ASK], False, "ask look"),
    ([ASK], True, "ask look steer"),
    ([APPROVE], False, "approve look steer"),
    ([APPROVE], True, "look steer"),
    ([ASK, APPROVE], False, "ask approve look steer"),
    ([ASK, APPROVE], True, "ask look steer"),
]


@pytest.fixture
def regions(db):
    return {"own": make_region("tver"), "other": make_region("omsk")}


def deeds(person, export):
    found = {
        "ask": may_ask(person, export.region),
        "approve": may_approve(person, export),
        "look": may_look_through(person, export),
        "steer": may_steer(person, export),
    }
    return " ".join(name for name, may in found.items() if may)


@pytest.mark.parametrize("place", ["own", "other"])
@pytest.mark.parametrize("is_everywhere", [True, False])
@pytest.mark.parametrize(("rights", "is_requester", "expected"), TABLE)
def test_it_holds_for_each_kind_of_person(
    regions, rights, is_requester, expected, is_everywhere, place
):
    person = make_person(regions=[regions["own"]])
    for deed in rights:
        give_right(person, deed, region=None if is_everywhere else regions[place])
    requester = person if is_requester else make_person("requester")
    export = make_export(regions[place], requester)

    assert deeds(person, export) == (expected if place == "own" else "")


@pytest.mark.parametrize("role", Role)
def test_a_role_alone_gives_no_right(regions, role):
    export = make_export(regions["own"], make_person("requester"))

    assert deeds(make_person("person", role), export) == ""


def test_a_stranger_has_none(regions):
    export = make_export(regions["own"], make_person())

    assert deeds(AnonymousUser(), export) == ""
    assert deeds(User.objects.create_user("new"), export) == ""


def test_a_right_ends_with_the_region(regions):
    person = make_person()
    give_right(person)
    export = make_export(regions["own"], person)
    regions["own"].is_active = False
    regions["own"].save()

    assert deeds(person, export) == ""


def test_another_region_is_like_one_that_is_not_there(regions):
    person = make_person(regions=[regions["own"]])
    own, other = (make_export(regions[place], person) for place in ("own", "other"))
    study = make_exported_study(other)

    assert list(visible_exports(person)) == [own]
    assert export_or_404(person, own.pk) == own
    for call in (lambda: export_or_404(person, other.pk), lambda: study_or_404(person, study.pk)):
        with pytest.raises(Http404):
            call()
