"""Who may open which address: one row for each, and a test that no address lacks its row.

An address with `{…}` in its path speaks of one region; another person's region is a 404 there,
whatever the role. Add the row of a new address here, and all visitors try it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from fleet.alerts.models import Alert, Maintenance, Silence
from fleet.api.models import ApiToken, Scope
from fleet.clock import now
from fleet.exports.folders import preview_folder
from fleet.exports.models import Export, ExportedStudy
from fleet.people.models import Role
from tests.builders import (
    TODAY,
    make_alert,
    make_channel,
    make_healthy_region,
    make_maintenance,
    make_person,
    make_silence,
)
from tests.builders_exports import give_right, make_export, make_exported_study

pytestmark = pytest.mark.django_db
ANYONE, SIGNED_IN = "anyone", "signed in"
VISITORS = ["stranger", "without a role", *Role]
DAY, REGION = f"/day/{TODAY}/", f"/regions/{{code}}/{TODAY}/"


@dataclass(frozen=True)
class Row:
    """What an address asks of its visitor; `is_api` means by token, not by session."""

    least: str
    path: str
    method: str = "get"
    is_api: bool = False


TABLE = {
    "index": Row(ANYONE, "/"),
    "login": Row(ANYONE, "/login/"),
    "account_login": Row(ANYONE, "/login/"),
    "account_inactive": Row(ANYONE, "/login/inactive/"),
    "socialaccount_login_cancelled": Row(ANYONE, "/login/cancelled/"),
    "telegram_webhook": Row(ANYONE, "/messengers/telegram/1/", "post"),
    "set_language": Row(ANYONE, "/i18n/setlang/", "post"),
    "logout": Row(ANYONE, "/logout/", "post"),
    "account_logout": Row(ANYONE, "/logout/", "post"),
    "me": Row(SIGNED_IN, "/me/"),
    "preferences": Row(SIGNED_IN, "/me/preferences/", "post"),
    "account_change_password": Row(SIGNED_IN, "/me/password/"),
    "account_reauthenticate": Row(SIGNED_IN, "/login/again/"),
    "mfa_reauthenticate": Row(SIGNED_IN, "/login/again/code/"),
    "mfa_index": Row(SIGNED_IN, "/me/second-step/"),
    "mfa_activate_totp": Row(SIGNED_IN, "/me/second-step/on/"),
    "mfa_generate_recovery_codes": Row(SIGNED_IN, "/me/second-step/codes/new/"),
    "day": Row(Role.VIEWER, DAY),
    "day_csv": Row(Role.VIEWER, f"{DAY}csv/"),
    "sign_all": Row(Role.ON_CALL, f"{DAY}sign/", "post"),
    "note_fleet": Row(Role.ON_CALL, f"{DAY}note/", "post"),
    "handover": Row(Role.VIEWER, f"{DAY}handover/"),
    "latest_region": Row(Role.VIEWER, "/regions/{code}/"),
    "region": Row(Role.VIEWER, REGION),
    "studies": Row(Role.VIEWER, f"{REGION}studies/"),
    "sign": Row(Role.ON_CALL, f"{REGION}sign/", "post"),
    "unsign": Row(Role.ON_CALL, f"{REGION}unsign/", "post"),
    "note": Row(Role.ON_CALL, f"{REGION}note/", "post"),
    "alerts": Row(Role.VIEWER, "/alerts/"),
    "alert": Row(Role.VIEWER, "/alerts/{alert}/"),
    "alert_studies": Row(Role.VIEWER, "/alerts/{alert}/studies/"),
    "act": Row(Role.ON_CALL, "/alerts/act/take/", "post"),
    "silences": Row(Role.VIEWER, "/alerts/silences/"),
    "end_silence": Row(Role.ON_CALL, "/alerts/silences/{silence}/end/", "post"),
    "plan_work": Row(Role.ON_CALL, "/alerts/work/"),
    "end_work": Row(Role.ON_CALL, "/alerts/work/{work}/end/", "post"),
    "quality": Row(Role.VIEWER, "/alerts/quality/"),
    "runbook": Row(Role.VIEWER, "/runbooks/link_lost/"),
    "exports": Row(Role.VIEWER, "/exports/"),
    "new_export": Row(Role.VIEWER, "/exports/new/?region={code}&study=a1"),
    "draw_sample": Row(Role.VIEWER, f"/exports/sample/?region={{code}}&day={TODAY}"),
    "export": Row(Role.VIEWER, "/exports/{export}/"),
    "export_progress": Row(Role.VIEWER, "/exports/{export}/progress/"),
    "act_on_export": Row(Role.VIEWER, "/exports/{export}/approve/", "post"),
    "act_on_study": Row(Role.VIEWER, "/exports/studies/{study}/pause/", "post"),
    "take_export": Row(Role.ADMIN, "/exports/studies/{study}/download/", "post"),
    "sheet": Row(Role.VIEWER, "/exports/studies/{study}/sheets/1/"),
    "sheet_image": Row(Role.VIEWER, "/exports/studies/{study}/sheets/1.png"),
    "audit": Row(Role.ADMIN, "/audit/"),
    "audit_study": Row(Role.ADMIN, "/audit/studies/a1/"),
    "audit_person": Row(Role.ADMIN, "/audit/people/viewer/"),
    "messengers": Row(Role.ADMIN, "/settings/messengers/"),
    "test_messenger": Row(Role.ADMIN, "/settings/messengers/1/test/", "post"),
    "admin:index": Row(Role.ADMIN, "/admin/"),
    "api-tokens": Row(Role.VIEWER, "/me/tokens/"),
    "revoke-token": Row(Role.VIEWER, "/me/tokens/1/revoke/", "post"),
    "metrics": Row(Role.VIEWER, "/metrics", is_api=True),
    "api-regions": Row(Role.VIEWER, "/api/v1/regions/", is_api=True),
    "api-hourly": Row(Role.VIEWER, "/api/v1/regions/{code}/hourly/", is_api=True),
    "api-alerts": Row(Role.VIEWER, "/api/v1/alerts/", is_api=True),
    "api-alert": Row(Role.VIEWER, "/api/v1/alerts/{alert}/", is_api=True),
    "api-alert-deed": Row(Role.ON_CALL, "/api/v1/alerts/{alert}/take/", "post", is_api=True),
    "api-exports": Row(Role.VIEWER, "/api/v1/exports/", is_api=True),
    "api-export": Row(Role.VIEWER, "/api/v1/exports/{export}/", is_api=True),
    "api-export-deed": Row(Role.VIEWER, "/api/v1/exports/{export}/approve/", "post", is_api=True),
    "api-study-deed": Row(
        Role.VIEWER, "/api/v1/exports/studies/{study}/pause/", "post", is_api=True
    ),
    "api-package": Row(Role.ADMIN, "/api/v1/exports/studies/{study}/package/", is_api=True),
    "api-review": Row(Role.VIEWER, f"/api/v1/review/{TODAY}/", is_api=True),
}
# Parts of a conversation that begins elsewhere; alone they lead nowhere. Their own tests hold it.
CONVERSATIONS = {
    *("mfa_authenticate", "mfa_deactivate_totp", "mfa_view_recovery_codes"),
    *("mfa_download_recovery_codes", "openid_connect_login", "openid_connect_callback"),
    "socialaccount_login_error",
}


def names(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """Yield the name of every address, with its namespace."""
    for part in resolver.url_patterns:
        if isinstance(part, URLResolver):
            yield from names(part, f"{space}{part.namespace}:" if part.namespace else space)
        elif isinstance(part, URLPattern) and part.name:
            yield f"{space}{part.name}"


def test_it_has_a_row_for_every_address() -> None:
    found = {name for name in names(get_resolver()) if not name.startswith("admin:")}

    assert found - CONVERSATIONS == TABLE.keys() - {"admin:index"}


@dataclass(frozen=True)
class Visitor:
    """What a visitor shows: a session's cookies to pages, a token's header to the API."""

    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    headers: dict[str, str] = field(default_factory=dict)

    def client(self, row: Row) -> Client:
        """Return a new client: an address may end the session of the one that visits it."""
        if row.is_api:
            return Client(headers=self.headers)
        client = Client()
        client.cookies.update(self.cookies)
        return client


@pytest.fixture
def visitors(settings: Any, tmp_path: Path) -> dict[str, Visitor]:
    """All who may come. All see tver only."""
    settings.FLEET_EXPORT_DIR = str(tmp_path)
    tver, omsk = make_healthy_region("tver"), make_healthy_region("omsk")
    for region in (tver, omsk):
        make_alert(region, "link_lost")
        make_silence(region)
        make_maintenance(region)
        export = make_export(region, User.objects.get_or_create(username="asker")[0])
        make_exported_study(export, ExportedStudy.State.PREVIEW, n_sheets=1)
    preview = preview_folder(ExportedStudy.objects.get(export__region=tver))
    preview.mkdir(parents=True)
    (preview / "sheet-1.png").write_bytes(b"PNG")
    make_channel(id=1)
    made = {"stranger": Visitor()}
    for visitor in VISITORS[1:]:
        if visitor in set(Role):
            user = make_person(visitor, visitor, regions=[tver], password="x")
            # What it opens beside the role, exports/test_rights.py shows.
            give_right(user)
        else:
            user = User.objects.create_user("new", password="x")
        client = Client()
        client.force_login(user)
        token = ApiToken.create(user, "test", now(), timedelta(days=1), Scope)
        made[visitor] = Visitor(client.cookies, {"authorization": f"Bearer {token}"})
    return made


def named(code: str) -> dict[str, object]:
    """Return what stands in a path for a region, or for what belongs to it."""
    models = {"alert": Alert, "silence": Silence, "work": Maintenance, "export": Export}
    found = {
        name: model.objects.filter(region__code=code).values_list("pk", flat=True).first()
        for name, model in models.items()
    }
    study = ExportedStudy.objects.filter(export__region__code=code).first()
    return {"code": code, **found, "study": study.pk if study else None}


def visit(client: Client, row: Row, code: str) -> HttpResponse:
    response = client.generic(row.method.upper(), row.path.format(**named(code)))
    # Django's admin sends everybody to its own login first.
    if response.get("Location", "").startswith("/admin/login/"):
        return client.get(response["Location"])
    return response


def verdict(response: HttpResponse) -> str:
    """Return "in", "login" for sent there, "401", "403" or "404"."""
    if response.status_code in {401, 403, 404}:
        return str(response.status_code)
    assert response.status_code < 500
    is_sent_away = response.status_code == 302 and response["Location"].startswith("/login/?")
    return "login" if is_sent_away else "in"


def expected(row: Row, visitor: str, code: str) -> set[str]:
    if row.least == ANYONE:
        return {"in"}
    if visitor == "stranger":
        return {"401"} if row.is_api else {"login"}
    if row.is_api and visitor == "without a role":
        # A token of a person without a role: refused, or shown nothing.
        return {"403", "404", "in"}
    if row.least != SIGNED_IN and rank(visitor) < rank(row.least):
        # Another region may be said not to be there before the role is looked at.
        return {"403", "404"} if code == "omsk" else {"403"}
    return {"404"} if code == "omsk" else {"in"}


def rank(visitor: str) -> int:
    return VISITORS.index(visitor)


def test_it_lets_in_whom_the_table_says(visitors: dict[str, Visitor]) -> None:
    wrong = {}
    for name, row in TABLE.items():
        for who, code in product(VISITORS, ("tver", "omsk") if "{" in row.path else [""]):
            with transaction.atomic():
                found = verdict(visit(visitors[who].client(row), row, code))
                transaction.set_rollback(True)
            if found not in expected(row, who, code):
                wrong[name, who, code] = found

    assert wrong == {}
