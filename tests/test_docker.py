"""What the containers do at their first start, done to a real server: secrets, roles, passwords."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from fleet.checks import MIN_SECRET_KEY
from fleet.demo.postgres import Cluster

ROOT = Path(__file__).resolve().parent.parent
INIT = (ROOT / "regions/sql/roles.sql", ROOT / "docker/postgres/2-passwords.sql")
ROLES = ("fleet_admin", "fleet_collect", "fleet_web", "fleet_adhoc", "fleet_studies")

pytestmark = pytest.mark.integration


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A copy of docker/ in which the secrets have been made."""
    folder = shutil.copytree(ROOT / "docker", tmp_path / "docker", ignore=lambda *_: ["secrets"])
    subprocess.run([folder / "make-secrets"], check=True, capture_output=True, timeout=30)
    return folder


@pytest.fixture
def database(docker: Path, region_cluster: Cluster) -> Iterator[str]:
    """A database on which psql has run the init scripts as the image does; returns its URL."""
    region_cluster.create_database("docker")
    url = region_cluster.superuser_url("docker")
    for script in INIT:
        text = script.read_text().replace("/run/secrets", str(docker / "secrets"))
        subprocess.run(
            [region_cluster.binaries / "psql", "--set=ON_ERROR_STOP=1", "--no-psqlrc", url],
            input=text,
            text=True,
            check=True,
            capture_output=True,
            timeout=30,
        )
    yield url
    region_cluster.execute("DROP DATABASE docker WITH (FORCE)")
    region_cluster.execute(f"DROP ROLE {', '.join(ROLES)}")


def test_it_makes_secrets_that_the_checks_accept(docker: Path) -> None:
    secrets = docker / "secrets"

    Fernet((secrets / "credential_keys").read_text())
    assert len((secrets / "secret_key").read_text()) >= MIN_SECRET_KEY
    assert oct(secrets.stat().st_mode & 0o777) == "0o700"


def test_it_leaves_secrets_alone_that_exist(docker: Path) -> None:
    before = {path: path.read_text() for path in (docker / "secrets").iterdir()}

    subprocess.run([docker / "make-secrets"], check=True, capture_output=True, timeout=30)

    assert {path: path.read_text() for path in (docker / "secrets").iterdir()} == before


def test_it_lets_each_role_in_by_its_own_password(docker: Path, database: str) -> None:
    for role in ROLES:
        password = (docker / "secrets" / f"{role.removeprefix('fleet_')}_password").read_text()
        with psycopg.connect(database, user=role, password=password) as connection:
            row = connection.execute(
                "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert row == (role, False)


def test_it_writes_urls_with_the_right_passwords(docker: Path) -> None:
    for role in ("admin", "collect", "web", "studies"):
        password = (docker / "secrets" / f"{role}_password").read_text()
        url = (docker / "secrets" / f"{role}_database_url").read_text()
        assert url == f"postgresql://fleet_{role}:{password}@postgres:5432/fleet"
