from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from fleet.people.models import AuditEvent
from regions.credentials import reveal, seal
from regions.daysoff import calendars
from regions.models import AccessPath, FailureKind, Region, SshHop, TunnelState

pytestmark = pytest.mark.django_db
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2zJ4mGWWXlzUVQ7nC1yzXkZx9ZJ0B8Yw3LQ0lqk5oX"


@pytest.fixture
def region() -> Region:
    return Region.objects.create(
        code="tver",
        name="Тверь",
        time_zone="Europe/Moscow",
        database_password=seal("open sesame"),
    )


@pytest.fixture
def path(region: Region) -> AccessPath:
    path = AccessPath.objects.create(region=region, kind=AccessPath.Kind.SSH)
    SshHop.objects.create(
        path=path, host="gate", user="fleet", private_key="env:TVER_KEY", host_key=HOST_KEY
    )
    return path


def region_form(**changes: Any) -> dict[str, Any]:
    """Return what the browser sends for a region with one direct path."""
    return {
        "code": "tver",
        "name": "Тверь",
        "time_zone": "Europe/Moscow",
        "level": "2",
        "is_active": "on",
        "collect_every": "00:05:00",
        "late_after": "00:30:00",
        "stale_after": "06:00:00",
        "open_weekdays": "1234567",
        "country": "RU",
        "database_name": "fleet",
        "database_user": "fleet_reader",
        "database_password": "",
        "paths-TOTAL_FORMS": "0",
        "paths-INITIAL_FORMS": "0",
        **changes,
    }


def path_form(path: AccessPath, **changes: Any) -> dict[str, Any]:
    hop = path.hops.get()
    return {
        "region": path.region_id,
        "position": "1",
        "kind": "ssh",
        "database_host": "127.0.0.1",
        "database_port": "5432",
        "is_enabled": "on",
        "hops-TOTAL_FORMS": "1",
        "hops-INITIAL_FORMS": "1",
        "hops-0-id": hop.pk,
        "hops-0-path": path.pk,
        "hops-0-position": "1",
        "hops-0-host": "gate",
        "hops-0-port": "22",
        "hops-0-user": "fleet",
        "hops-0-private_key": "",
        "hops-0-passphrase": "",
        "hops-0-host_key": HOST_KEY,
        **{f"hops-0-{name}": value for name, value in changes.items()},
    }


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, address: str, form: dict[str, Any]) -> str:
    """Return the page with its errors, or "" when the form was accepted."""
    response = client.post(address, form)
    return "" if response.status_code == 302 else response.content.decode()


def test_it_adds_a_region_with_a_path(admin_client: Client) -> None:
    form = region_form(
        **{
            "database_password": "open barley",
            "paths-TOTAL_FORMS": "1",
            "paths-0-position": "1",
            "paths-0-kind": "direct",
            "paths-0-database_host": "10.0.0.5",
            "paths-0-database_port": "5432",
            "paths-0-is_enabled": "on",
        }
    )

    assert post(admin_client, "/admin/regions/region/add/", form) == ""

    region = Region.objects.get(code="tver")
    assert reveal(region.database_password) == "open barley"
    assert region.paths.get().endpoint == ("10.0.0.5", 5432)


def test_it_says_only_that_a_secret_is_set(
    admin_client: Client, region: Region, path: AccessPath
) -> None:
    region_page = page(admin_client, f"/admin/regions/region/{region.pk}/change/")
    path_page = page(admin_client, f"/admin/regions/accesspath/{path.pk}/change/")

    assert "set (sealed)" in region_page
    assert region.database_password not in region_page
    assert "set (env:TVER_KEY)" in path_page
    assert "not set" in path_page


def test_it_keeps_a_secret_that_was_left_empty(admin_client: Client, region: Region) -> None:
    address = f"/admin/regions/region/{region.pk}/change/"

    assert post(admin_client, address, region_form(name="Tver")) == ""

    region.refresh_from_db()
    assert region.name == "Tver"
    assert reveal(region.database_password) == "open sesame"
    assert "assword" not in LogEntry.objects.get().change_message


def test_it_keeps_a_reference_as_it_is(admin_client: Client, region: Region) -> None:
    form = region_form(database_password="env:TVER_PASSWORD")

    post(admin_client, f"/admin/regions/region/{region.pk}/change/", form)

    region.refresh_from_db()
    assert region.database_password == "env:TVER_PASSWORD"


def test_it_seals_a_pasted_key(admin_client: Client, path: AccessPath) -> None:
    form = path_form(path, private_key="-----BEGIN\r\nkey\r\n-----END", passphrase="sesame")

    assert post(admin_client, f"/admin/regions/accesspath/{path.pk}/change/", form) == ""

    hop = path.hops.get()
    assert reveal(hop.private_key) == "-----BEGIN\nkey\n-----END"
    assert reveal(hop.passphrase) == "sesame"


def test_it_does_not_send_back_a_secret_with_an_error(
    admin_client: Client, path: AccessPath
) -> None:
    form = path_form(path, private_key="-----BEGIN barley", host_key="none")

    answer = post(admin_client, f"/admin/regions/accesspath/{path.pk}/change/", form)

    assert "ssh-keyscan" in answer
    assert "barley" not in answer


def test_it_asks_for_a_key_where_none_is_kept(admin_client: Client, path: AccessPath) -> None:
    path.hops.update(private_key="")
    answer = post(admin_client, f"/admin/regions/accesspath/{path.pk}/change/", path_form(path))

    assert "It is missing. Write it." in answer


def test_it_refuses_to_seal_without_a_sealing_key(
    admin_client: Client, region: Region, settings: LazySettings
) -> None:
    settings.FLEET_CREDENTIAL_KEYS = []
    form = region_form(database_password="open barley")

    answer = post(admin_client, f"/admin/regions/region/{region.pk}/change/", form)

    assert "Set FLEET_CREDENTIAL_KEYS to seal it" in answer
    assert "barley" not in answer


def test_it_keeps_an_exception_of_the_calendar_and_a_trail(
    admin_client: Client, region: Region
) -> None:
    form = {"region": region.pk, "day": "2026-05-26", "is_off": "on", "reason": "Сабантуй"}

    post(admin_client, "/admin/regions/calendarexception/add/", form)

    assert calendars([region])[region.pk].name(date(2026, 5, 26)) == "Сабантуй"
    trail = AuditEvent.objects.get(kind=AuditEvent.Kind.CONFIGURED)
    assert (trail.region_code, trail.subject) == (
        "tver",
        "added: exception of the calendar Тверь 2026-05-26",
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "Tver-2"}, "2 to 31 small Latin letters"),
        ({"code": "tver"}, "There is a region “tver” already"),
        ({"code": "kaluga", "time_zone": "Europe/Kaluga"}, "is not a time zone"),
        ({"code": "kaluga", "late_after": "07:00:00"}, "Data are late before they are stale"),
        ({"code": "kaluga", "open_weekdays": "71"}, "Write ISO weekdays in order"),
        ({"code": "kaluga", "country": "XX"}, "No holidays are known of “XX”"),
    ],
)
def test_it_gives_the_same_sentences_as_add_region(
    admin_client: Client, region: Region, changes: dict[str, str], sentence: str
) -> None:
    answer = post(admin_client, "/admin/regions/region/add/", region_form(**changes))

    assert sentence in answer
    assert Region.objects.count() == 1


def test_it_does_not_delete_a_region(admin_client: Client, region: Region) -> None:
    response = admin_client.post(f"/admin/regions/region/{region.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
    assert Region.objects.exists()


def test_it_shows_what_the_keeper_says(admin_client: Client, path: AccessPath) -> None:
    moment = timezone.now()
    TunnelState.objects.create(
        path=path,
        state=TunnelState.State.CLOSED,
        since=moment,
        seen_at=moment,
        failure=FailureKind.HOST_KEY,
        sentence="gate shows another host key.",
    )

    assert "closed. gate shows another host key." in page(
        admin_client, "/admin/regions/accesspath/"
    )


def test_it_lists_regions(admin_client: Client, path: AccessPath) -> None:
    assert "not tried yet" in page(admin_client, "/admin/regions/region/")
