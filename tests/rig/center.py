"""The center's database as it is in life: five roles, migrated by the administering one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection
from psycopg import sql

from fleet.demo.postgres import Cluster
from regions.sql import sql_file
from tests.settings import DATABASE

HERE = Path(__file__).parent
LOGINS = (
    "FLEET_DATABASE_URL",
    "FLEET_ADMIN_DATABASE_URL",
    "FLEET_STUDIES_DATABASE_URL",
    "FLEET_TEST_WEB_DATABASE_URL",
    "FLEET_TEST_ADHOC_DATABASE_URL",
)


def create_center(cluster: Cluster) -> None:
    """Create the database with its roles, their passwords and Fleet's tables."""
    cluster.create_database(DATABASE)
    cluster.execute(sql_file("roles.sql"), DATABASE)
    with cluster.connect() as superuser:
        for variable in LOGINS:
            login = urlsplit(os.environ[variable])
            superuser.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(login.username or ""), sql.Literal(login.password)
                )
            )
    with administering():
        call_command("migrate", verbosity=0)
        call_command("grant_roles", verbosity=0)
        # Only tests may empty tables: Django does so after each transactional one. The function is
        # the administrator's, who restores it from a backup.
        with connection.cursor() as cursor:
            cursor.execute((HERE / "empty_tables.sql").read_text())
    cluster.execute("GRANT SET ON PARAMETER session_replication_role TO fleet_admin", DATABASE)


@contextmanager
def administering() -> Iterator[None]:
    """Let Django's connection log in as fleet_admin for a while, as `migrate` does in life."""
    admin = urlsplit(os.environ["FLEET_ADMIN_DATABASE_URL"])
    usual = connection.settings_dict.copy()
    connection.close_pool()
    connection.settings_dict.update(USER=admin.username, PASSWORD=admin.password)
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict.update(USER=usual["USER"], PASSWORD=usual["PASSWORD"])
