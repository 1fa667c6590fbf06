from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.test import override_settings

SOUND: dict[str, Any] = {
    "DEBUG": False,
    "ALLOWED_HOSTS": ["fleet.example"],
    "SECRET_KEY": "k" * 32,
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_AGE": 12 * 3600,
    "FLEET_PROXIES": 1,
    "FLEET_OIDC_ISSUER": "https://login.example/realms/clinic",
    "FLEET_OIDC_CLIENT_ID": "fleet",
    "FLEET_OIDC_CLIENT_SECRET": "secret",
    "FLEET_CREDENTIAL_KEYS": [Fernet.generate_key().decode()],
    "FLEET_SOCKET_DIR": Path("/run/fleet/regions"),
}


def found(**changes: object) -> list[str | None]:
    """Return the ids of our checks that speak up under sound settings with these changes."""
    with override_settings(**{**SOUND, **changes}):
        return [m.id for m in run_checks() if m.id and m.id.startswith("fleet.")]


def test_it_is_silent_about_sound_settings() -> None:
    assert found() == []


def test_it_lets_a_developer_debug_on_loopback() -> None:
    assert found(DEBUG=True, SECRET_KEY="short", ALLOWED_HOSTS=["127.0.0.1", "localhost"]) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"DEBUG": True}, "fleet.E001"),
        ({"DEBUG": True, "ALLOWED_HOSTS": ["*"]}, "fleet.E001"),
        ({"SECRET_KEY": "k" * 31}, "fleet.E002"),
        ({"TIME_ZONE": "Europe/Moscow"}, "fleet.E003"),
        ({"USE_TZ": False}, "fleet.E003"),
        ({"FLEET_CREDENTIAL_KEYS": ["not-a-key"]}, "fleet.E004"),
        ({"SESSION_COOKIE_SECURE": False}, "fleet.W001"),
        ({"FLEET_PROXIES": 0}, "fleet.W003"),
        ({"FLEET_OIDC_ISSUER": "http://login.example"}, "fleet.E005"),
        ({"FLEET_OIDC_CLIENT_SECRET": ""}, "fleet.E005"),
        ({"SESSION_COOKIE_AGE": 0}, "fleet.E006"),
        ({"SESSION_COOKIE_AGE": 8 * 24 * 3600}, "fleet.E006"),
        ({"FLEET_SOCKET_DIR": Path("/", "x" * 55)}, "fleet.W002"),
    ],
)
def test_it_speaks_up_about(changes: dict[str, object], expected: str) -> None:
    assert found(**changes) == [expected]


def test_it_never_repeats_a_malformed_key() -> None:
    with override_settings(**{**SOUND, "FLEET_CREDENTIAL_KEYS": ["secret-but-malformed"]}):
        text = "".join(f"{message.msg}{message.hint}" for message in run_checks())

    assert "secret-but-malformed" not in text


PRODUCTION = {
    "FLEET_SECRET_KEY": secrets.token_urlsafe(48),
    "FLEET_DATABASE_URL": "postgresql://fleet_web@127.0.0.1:1/fleet",
    "FLEET_ALLOWED_HOSTS": "fleet.example",
    "FLEET_PROXIES": "1",
    "FLEET_CREDENTIAL_KEYS": Fernet.generate_key().decode(),
}


def deployed() -> subprocess.CompletedProcess[str]:
    """Return what `check --deploy` says of production settings."""
    theirs = {n: v for n, v in os.environ.items() if not n.startswith(("FLEET_", "DJANGO_"))}
    ours = {"DJANGO_SETTINGS_MODULE": "fleet.settings", **PRODUCTION}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"],
        cwd=Path(__file__).parents[2],
        env={**theirs, **ours},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_django_finds_nothing_in_production_settings() -> None:
    done = deployed()

    assert (done.returncode, done.stdout) == (
        0,
        "System check identified no issues (1 silenced).\n",
    ), done.stderr
