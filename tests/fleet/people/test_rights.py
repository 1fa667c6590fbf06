from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from fleet.people.models import Role
from fleet.people.rights import may_act_as, region_or_404, visible_regions
from tests.builders import make_person, make_region

pytestmark = pytest.mark.django_db


def codes(account: User | AnonymousUser) -> list[str]:
    return sorted(visible_regions(account).values_list("code", flat=True))


def test_it_shows_a_person_her_regions_only() -> None:
    mine, _other = make_region("tver"), make_region("omsk")

    assert codes(make_person(regions=[mine])) == ["tver"]


def test_it_shows_all_regions_to_who_sees_all() -> None:
    make_region("tver"), make_region("omsk")

    assert codes(make_person()) == ["omsk", "tver"]


def test_it_shows_no_region_that_is_switched_off() -> None:
    old = make_region("old", is_active=False)

    assert codes(make_person(regions=[old])) == []


@pytest.mark.parametrize("account", [AnonymousUser(), User(username="new")])
def test_it_shows_nothing_to_who_has_no_role(account: User | AnonymousUser) -> None:
    make_region("tver")

    assert codes(account) == []
    assert not may_act_as(account, Role.VIEWER)


def test_it_takes_a_superuser_without_a_role_for_an_administrator() -> None:
    root = User(username="root", is_superuser=True)

    assert may_act_as(root, Role.ADMIN)


def test_it_goes_by_the_role_of_a_superuser_who_has_one() -> None:
    person = make_person(role=Role.VIEWER)
    person.is_superuser = True

    assert not may_act_as(person, Role.ON_CALL)


@pytest.mark.parametrize(
    ("held", "may"),
    [
        (Role.VIEWER, [Role.VIEWER]),
        (Role.ON_CALL, [Role.VIEWER, Role.ON_CALL]),
        (Role.ADMIN, [Role.VIEWER, Role.ON_CALL, Role.ADMIN]),
    ],
)
def test_it_lets_each_role_do_what_the_lower_ones_do(held: Role, may: list[Role]) -> None:
    person = make_person(role=held)

    assert [role for role in Role if may_act_as(person, role)] == may


@pytest.mark.parametrize("code", ["omsk", "nowhere", "old"])
def test_it_tells_other_peoples_regions_and_none_apart_for_nobody(code: str) -> None:
    mine = make_region("tver")
    make_region("omsk"), make_region("old", is_active=False)

    with pytest.raises(Http404):
        region_or_404(make_person(regions=[mine]), code)
