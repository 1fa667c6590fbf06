from __future__ import annotations

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
        ({"FLEET_SOCKET_DIR": Path("/", "x" * 55)}, "fleet.W002"),
    ],
)
def test_it_speaks_up_about(changes: dict[str, object], expected: str) -> None:
    assert found(**changes) == [expected]


def test_it_never_repeats_a_malformed_key() -> None:
    with override_settings(**{**SOUND, "FLEET_CREDENTIAL_KEYS": ["secret-but-malformed"]}):
        text = "".join(f"{message.msg}{message.hint}" for message in run_checks())

    assert "secret-but-malformed" not in text
