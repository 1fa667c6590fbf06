from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client

from fleet.people.models import AuditEvent, Person, Role
from fleet.people.site import Audited
from tests.builders import NOW, make_person, make_region

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_person("anna", Role.ADMIN))
    return client


def user_form(user: User, **changes: Any) -> dict[str, Any]:
    """Return what the browser sends for an account without a role."""
    return {
        "username": user.username,
        "is_active": "on",
        "person-TOTAL_FORMS": "1",
        "person-INITIAL_FORMS": "0",
        "person-0-user": str(user.pk),
        "person-0-role": "",
        **changes,
    }


def trail() -> list[tuple[str, str, str]]:
    rows = AuditEvent.objects.filter(kind=AuditEvent.Kind.CONFIGURED)
    return list(rows.values_list("username", "subject", "detail"))


@pytest.mark.parametrize(("role", "status"), [(Role.ON_CALL, 403), (Role.ADMIN, 200)])
def test_it_lets_administrators_in_only(client: Client, role: Role, status: int) -> None:
    client.force_login(make_person(role=role))

    assert client.get("/admin/", follow=True).status_code == status


def test_it_sends_strangers_to_the_login_page(client: Client) -> None:
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0] == "/login/?next=/admin/"


def test_it_gives_a_role_and_regions(admin: Client) -> None:
    user = User.objects.create_user("boris")
    region = make_region("tver")
    form = user_form(user, **{"person-0-role": "viewer", "person-0-regions": [str(region.pk)]})
    admin.post(f"/admin/auth/user/{user.pk}/change/", form)

    person = Person.objects.get(user=user)
    assert (person.role, list(person.regions.all())) == (Role.VIEWER, [region])


def test_it_gives_no_role_by_itself(admin: Client) -> None:
    user = User.objects.create_user("boris")
    response = admin.post(f"/admin/auth/user/{user.pk}/change/", user_form(user))

    assert response.status_code == 302
    assert not Person.objects.filter(user=user).exists()


def test_it_writes_down_which_fields_were_changed(admin: Client) -> None:
    user = User.objects.create_user("boris")
    admin.post(f"/admin/auth/user/{user.pk}/change/", user_form(user, first_name="Borya"))

    assert trail() == [("anna", "changed: user boris", "Changed First name.")]


def test_it_writes_down_no_password(admin: Client) -> None:
    user = User.objects.create_user("boris")
    form = {"password1": "a-brand-new-one", "password2": "a-brand-new-one"}
    admin.post(f"/admin/auth/user/{user.pk}/password/", form | {"usable_password": "true"})

    assert trail() == [("anna", "changed: user boris", "Changed password.")]


def test_it_writes_down_what_was_added(admin: Client) -> None:
    form = {"username": "vera", "password1": "a-brand-new-one", "password2": "a-brand-new-one"}
    inline = {"person-TOTAL_FORMS": "0", "person-INITIAL_FORMS": "0"}
    admin.post("/admin/auth/user/add/", form | inline | {"usable_password": "true"})

    assert trail() == [("anna", "added: user vera", "Added.")]


def test_it_writes_down_what_was_deleted(admin: Client) -> None:
    user = User.objects.create_user("boris")
    admin.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"})

    assert trail() == [("anna", "deleted: user boris", "")]


def test_it_names_the_region_of_a_change(admin: Client) -> None:
    region = make_region("tver")
    path = region.paths.create(position=1, kind="direct", database_host="db", database_port=5432)
    admin.post(f"/admin/regions/accesspath/{path.pk}/delete/", {"post": "yes"})

    assert AuditEvent.objects.get(kind="configured").region_code == "tver"


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_it_lets_nobody_touch_the_trail(admin: Client, page: str) -> None:
    event = AuditEvent.objects.create(at=NOW, kind="noted", username="anna")

    assert admin.get(f"/admin/people/auditevent/{page.format(pk=event.pk)}").status_code == 403


def test_it_watches_every_table_of_the_admin() -> None:
    assert all(isinstance(one, Audited) for one in site._registry.values())


def test_it_changes_ones_own_password_where_it_is_counted(admin: Client) -> None:
    assert admin.get("/admin/password_change/")["Location"] == "/me/password/"


def test_it_shows_the_trail(admin: Client) -> None:
    event = AuditEvent.objects.create(at=NOW, kind="noted", username="boris", subject="tver")

    assert b"boris" in admin.get("/admin/people/auditevent/").content
    assert b"boris" in admin.get(f"/admin/people/auditevent/{event.pk}/change/").content
