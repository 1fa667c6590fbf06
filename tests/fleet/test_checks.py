from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.test import override_settings

from fleet import processes
from fleet.demo.postgres import Cluster
from tests.settings import DATABASE

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
    "FLEET_REDIS_URL": "redis://:password@redis.example:6379/0",
    "FLEET_ADMIN_DATABASE_URL": "",
    "FLEET_STUDIES_DATABASE_URL": "postgresql://fleet_studies@127.0.0.1/fleet",
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
        ({"ALLOWED_HOSTS": ["*"]}, "fleet.E007"),
        ({"FLEET_REDIS_URL": "redis://redis.example:6379/0"}, "fleet.W004"),
        ({"FLEET_ADMIN_DATABASE_URL": "postgresql://fleet_admin@127.0.0.1/f"}, "fleet.W005"),
    ],
)
def test_it_speaks_up_about(changes: dict[str, object], expected: str) -> None:
    assert found(**changes) == [expected]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "unix:///run/valkey.sock?db=0"])
def test_it_lets_redis_go_without_a_password_on_this_machine(url: str) -> None:
    assert found(FLEET_REDIS_URL=url) == []


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


def run(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Return what a Python module says under production settings with these changes."""
    theirs = {n: v for n, v in os.environ.items() if not n.startswith(("FLEET_", "DJANGO_"))}
    ours = {"DJANGO_SETTINGS_MODULE": "fleet.settings", **PRODUCTION, **changes}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=Path(__file__).parents[2],
        env={**theirs, **ours},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_django_finds_nothing_in_production_settings() -> None:
    done = run("django", "check", "--deploy", "--fail-level=WARNING")

    assert (done.returncode, done.stdout) == (
        0,
        "System check identified no issues (1 silenced).\n",
    ), done.stderr


def test_the_web_process_starts_with_production_settings() -> None:
    done = run("gunicorn", "--check-config", "fleet.wsgi")

    assert done.returncode == 0, done.stderr


def test_the_web_process_refuses_a_dangerous_configuration() -> None:
    done = run("gunicorn", "--check-config", "fleet.wsgi", FLEET_ALLOWED_HOSTS="*")

    assert done.returncode != 0
    assert "FLEET_ALLOWED_HOSTS is '*'" in done.stderr


@pytest.mark.parametrize("command", [processes.WORKER, processes.BEAT])
def test_celery_refuses_a_dangerous_configuration(command: tuple[str, ...]) -> None:
    done = run(*command, FLEET_ALLOWED_HOSTS="*", FLEET_REDIS_URL="redis://127.0.0.1:1/0")

    assert done.returncode != 0
    assert "FLEET_ALLOWED_HOSTS is '*'" in done.stderr


def check_login(url: str) -> str:
    """Return what the checks of the database say to a web process that logs in by `url`."""
    done = run(
        *("django", "check", "--database=default"),
        FLEET_DATABASE_URL=url,
        FLEET_STUDIES_DATABASE_URL="postgresql://fleet_studies@127.0.0.1:1/fleet",
    )
    return done.stdout if done.returncode == 0 else done.stderr


@pytest.fixture
def mapping_of_web(db: None, central_cluster: Cluster) -> Iterator[None]:
    """A user mapping that fleet_web must not have."""
    central_cluster.execute(
        "CREATE SERVER wrong FOREIGN DATA WRAPPER postgres_fdw;"
        "CREATE USER MAPPING FOR fleet_web SERVER wrong",
        DATABASE,
    )
    yield
    central_cluster.execute("DROP SERVER wrong CASCADE", DATABASE)


@pytest.mark.django_db
@pytest.mark.integration
def test_it_accepts_the_login_of_the_web_process() -> None:
    said = check_login(os.environ["FLEET_TEST_WEB_DATABASE_URL"])

    assert said == "System check identified no issues (0 silenced).\n"


@pytest.mark.integration
def test_it_refuses_a_web_process_that_can_open_regions(mapping_of_web: None) -> None:
    said = check_login(os.environ["FLEET_TEST_WEB_DATABASE_URL"])

    assert "the web process logs in as fleet_web, which can open regions" in said


@pytest.mark.integration
def test_it_refuses_a_superuser(db: None, central_cluster: Cluster) -> None:
    assert ", a superuser." in check_login(central_cluster.superuser_url(DATABASE))
