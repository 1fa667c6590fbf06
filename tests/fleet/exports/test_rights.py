"""Who may do what about an export: one row for each kind of person, own region and another's."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from fleet.exports.models import ExportedStudy
from fleet.exports.models_sources import ExportRight
from fleet.exports.rights import (
    export_or_404,
    may_approve,
    may_ask,
    may_look_through,
    may_steer,
    study_or_404,
    visible_exports,
    waiting_for,
    why_not_take,
)
from fleet.people.models import Role
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import give_right, make_export, make_exported_study

pytestmark = pytest.mark.django_db
State = ExportedStudy.State
ASK, APPROVE = ExportRight.Deed.ASK, ExportRight.Deed.APPROVE
# Rights, whether it is the requester, and what follows: ask, approve, look through, steer, take.
TABLE = [
    ([], False, ""),
    ([], True, ""),
    ([ASK], False, "ask look"),
    ([ASK], True, "ask look steer take"),
    ([APPROVE], False, "approve look steer"),
    ([APPROVE], True, "look steer"),
    ([ASK, APPROVE], False, "ask approve look steer"),
    ([ASK, APPROVE], True, "ask look steer take"),
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
        "take": not why_not_take(person, export),
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

    assert deeds(make_person("person", role), export) == ("take" if role == Role.ADMIN else "")


@pytest.mark.parametrize("deed", [None, ASK, APPROVE])
def test_who_approved_takes_it_while_the_right_lasts(regions, deed):
    approver = make_person("approver", regions=[regions["own"]])
    export = make_export(regions["own"], make_person("requester"), decided_by=approver)
    if deed:
        give_right(approver, deed)

    assert (why_not_take(approver, export) == "") == (deed == APPROVE)


def test_an_administrator_of_other_regions_takes_nothing(regions):
    admin = make_person("admin", Role.ADMIN, regions=[regions["other"]])

    assert "may download" in why_not_take(admin, make_export(regions["own"], make_person()))


# A study's state, the rights of who looks, whether it is their own, and whether it waits for them.
WAITING = [
    (State.WAITING_APPROVAL, [APPROVE], False, True),
    (State.WAITING_APPROVAL, [APPROVE], True, False),
    (State.WAITING_APPROVAL, [ASK], False, False),
    (State.PREVIEW, [ASK], True, True),
    (State.PREVIEW, [APPROVE], False, True),
    (State.PREVIEW, [], False, False),
    (State.FETCHING, [ASK, APPROVE], False, False),
]


@pytest.mark.parametrize("place", ["own", "other"])
@pytest.mark.parametrize(("state", "rights", "is_own", "waits"), WAITING)
def test_it_knows_what_waits_for_whom(regions, place, state, rights, is_own, waits):
    person = make_person(regions=[regions["own"]])
    for deed in rights:
        give_right(person, deed)
    export = make_export(regions[place], person if is_own else make_person("requester"))
    make_exported_study(export, state)

    assert waiting_for(person).count() == (waits and place == "own")


def test_what_somebody_looked_through_waits_for_nobody(regions):
    person = make_person()
    give_right(person)
    export = make_export(regions["own"], person)
    make_exported_study(export, State.PREVIEW, looked_through_at=NOW)

    assert waiting_for(person).count() == 0


def test_a_stranger_has_none(regions):
    export = make_export(regions["own"], make_person())

    assert deeds(AnonymousUser(), export) == ""
    assert deeds(User.objects.create_user("new"), export) == ""
    assert waiting_for(AnonymousUser()).count() == 0


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
