from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fleet.people.models import Person, Role, Theme
from tests.builders import make_person, make_region

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(client: Client) -> User:
    user = make_person("anna", Role.VIEWER, regions=[make_region("tver", name="Tver")])
    client.force_login(user)
    return user


def me(client: Client, **headers: str) -> str:
    return client.get("/me/", headers=headers).content.decode()


def person() -> Person:
    return Person.objects.get()


def test_it_says_who_one_is(anna: User, client: Client) -> None:
    make_region("omsk", name="Omsk")
    page = me(client)

    assert "anna" in page
    assert "<dd>viewer</dd>" in page
    assert "<dd>Tver</dd>" in page


def test_it_says_so_in_russian(anna: User, client: Client) -> None:
    assert "<dd>наблюдатель</dd>" in me(client, **{"accept-language": "ru"})


def test_it_tells_one_without_a_role_what_to_do(client: Client) -> None:
    client.force_login(User.objects.create_user("new"))

    assert "Ask an administrator of Fleet to change that." in me(client)


@pytest.mark.parametrize("theme", Theme)
def test_it_keeps_the_theme(anna: User, client: Client, theme: Theme) -> None:
    client.post("/me/preferences/", {"theme": theme})

    assert f'data-theme="{theme}"' in me(client)


def test_it_changes_only_what_was_sent(anna: User, client: Client) -> None:
    client.post("/me/preferences/", {"uses_shortcuts": "no"})
    client.post("/me/preferences/", {"theme": "dark"})

    assert (person().theme, person().uses_shortcuts) == (Theme.DARK, False)


@pytest.mark.parametrize("sent", [{"theme": "pink"}, {"uses_shortcuts": "?"}, {"role": "admin"}])
def test_it_keeps_nothing_else(anna: User, client: Client, sent: dict[str, str]) -> None:
    client.post("/me/preferences/", sent)

    assert (person().theme, person().uses_shortcuts, person().role) == (
        *(Theme.SYSTEM, True),
        Role.VIEWER,
    )


@pytest.mark.parametrize(
    ("wanted", "way"),
    [
        ("/day/2026-03-10/?show=failing", "/day/2026-03-10/?show=failing"),
        ("https://elsewhere.example/", "/me/"),
        ("//elsewhere.example/", "/me/"),
        ("javascript:alert(1)", "/me/"),
        ("", "/me/"),
    ],
)
def test_it_goes_back_but_to_no_other_site(
    anna: User, client: Client, wanted: str, way: str
) -> None:
    response = client.post("/me/preferences/", {"theme": "dark", "next": wanted})

    assert response["Location"] == way


def test_it_gives_a_superuser_a_person_to_keep_it_in(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    client.post("/me/preferences/", {"theme": "dark"})

    assert (person().role, person().theme) == (Role.ADMIN, Theme.DARK)


def test_it_shows_the_way_to_the_configuration_to_administrators_only(client: Client) -> None:
    client.force_login(make_person("root", Role.ADMIN))
    assert 'href="/admin/"' in me(client)
    client.force_login(make_person("anna"))

    assert 'href="/admin/"' not in me(client)


def test_it_offers_no_password_change_to_who_has_none(client: Client) -> None:
    user = make_person("vera")
    client.force_login(user)

    assert client.get("/me/password/").status_code == 404
    assert "/me/password/" not in me(client)
