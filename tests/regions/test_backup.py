"""A backup is worth what its restore is: into a new cluster, with another release of PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from fleet.clock import now
from fleet.demo.postgres import Cluster
from fleet.review.models import SignOff
from regions.backup import BackupError, back_up, restore
from regions.collect import collect
from regions.models import Region
from regions.sql import sql_file
from tests.builders import make_person

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
ROLES = ("fleet_admin", "fleet_collect", "fleet_web", "fleet_adhoc", "fleet_studies")
KEPT = (
    "SELECT code, database_password FROM regions_region",
    "SELECT * FROM regions_hourlyrollup ORDER BY hour",
    "SELECT * FROM regions_dailyrollup ORDER BY day",
    "SELECT id, day, signed_by_name, n_received FROM review_signoff",
)


@pytest.fixture(autouse=True)
def programs(region_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pg_dump be the newer cluster's, which knows both releases."""
    monkeypatch.setenv("PATH", f"{region_cluster.binaries}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def tver(region_database: Callable[..., Any], make_region: Callable[..., Region]) -> Region:
    """A region with studies, collected, whose day somebody signed."""
    database = region_database("tver")
    for n in range(12):
        database.insert_study(now() - n * HOUR, scores=[0.2, 0.9])
    region = make_region(database)
    assert collect(region, now()).sentence == ""
    SignOff.objects.create(
        region=region,
        day=now().date(),
        signed_by=make_person(),
        signed_by_name="Anna",
        signed_at=now(),
        n_received=12,
        mark="fine",
    )
    return region


@pytest.fixture
def new_database(region_cluster: Cluster) -> Iterator[dict[str, str]]:
    """An empty database as docs/operations.md makes it; returns the environment of a worker."""
    region_cluster.create_database("restored")
    region_cluster.execute(sql_file("roles.sql"), "restored")
    urls = {}
    for variable, role in (
        ("FLEET_ADMIN_DATABASE_URL", "fleet_admin"),
        ("FLEET_DATABASE_URL", "fleet_collect"),
    ):
        region_cluster.execute(f"ALTER ROLE {role} PASSWORD 'new'")
        urls[variable] = region_cluster.url("restored", role, "new")
    yield urls
    region_cluster.execute("DROP DATABASE restored WITH (FORCE)")
    region_cluster.execute(f"DROP ROLE {', '.join(ROLES)}")


def rows(url: str) -> list[list[tuple[Any, ...]]]:
    with psycopg.connect(url) as connection:
        return [connection.execute(question.encode()).fetchall() for question in KEPT]


def manage(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_restored_center_goes_on(tver, new_database, tmp_path) -> None:
    file = tmp_path / "fleet.dump"
    manage({}, "backup", str(file))
    manage(new_database, "restore", str(file))

    before = rows(os.environ["FLEET_ADMIN_DATABASE_URL"])
    assert rows(new_database["FLEET_ADMIN_DATABASE_URL"]) == before
    assert all(before)

    administering = {"FLEET_DATABASE_URL": new_database["FLEET_ADMIN_DATABASE_URL"]}
    manage({**new_database, **administering}, "migrate", "--no-input")
    manage({**new_database, **administering}, "grant_roles")
    assert "tver" in manage(new_database, "collect", "tver", "--sweep")
    assert rows(new_database["FLEET_ADMIN_DATABASE_URL"])[1:3] != []


def test_a_backup_holds_no_password(tver, tmp_path, region_cluster) -> None:
    file = tmp_path / "fleet.dump"
    back_up(os.environ["FLEET_ADMIN_DATABASE_URL"], file)

    text = subprocess.run(
        [region_cluster.binaries / "pg_restore", "--file=-", file],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert "CREATE TABLE public.regions_region" in text
    assert "USER MAPPING" not in text or "password" not in text.partition("USER MAPPING")[2][:200]
    assert file.stat().st_mode & 0o777 == 0o600


def test_it_fills_no_database_that_holds_something(tver, tmp_path) -> None:
    file = tmp_path / "fleet.dump"
    back_up(os.environ["FLEET_ADMIN_DATABASE_URL"], file)

    with pytest.raises(BackupError, match="not empty"):
        restore(os.environ["FLEET_ADMIN_DATABASE_URL"], file)


def test_it_overwrites_no_backup(tmp_path) -> None:
    file = tmp_path / "fleet.dump"
    file.write_text("kept")

    with pytest.raises(BackupError, match="there already"):
        back_up(os.environ["FLEET_ADMIN_DATABASE_URL"], file)
    assert file.read_text() == "kept"


def test_a_failed_backup_leaves_nothing(tmp_path) -> None:
    url = urlsplit(os.environ["FLEET_ADMIN_DATABASE_URL"])
    wrong = urlunsplit(url._replace(path="/nowhere"))

    with pytest.raises(BackupError, match="pg_dump failed"):
        back_up(wrong, tmp_path / "fleet.dump")
    assert list(tmp_path.iterdir()) == []
