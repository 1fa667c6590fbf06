"""Rows of the center that describe sham regions and the ways to them."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg import sql

from fleet.demo.servers import LOOPBACK
from fleet.demo.ssh import SshServer
from regions.credentials import seal
from regions.models import AccessPath, Region, SshHop
from tests.rig.region_database import RegionDatabase


def create_region(
    database: RegionDatabase, *, host: str = LOOPBACK, port: int | None = None, **fields: Any
) -> Region:
    """Create the region of a database with one direct path, to the cluster or to host and port."""
    region = Region.objects.create(
        **{
            "code": database.code,
            "name": database.code.title(),
            "time_zone": database.time_zone,
            "database_name": database.name,
            "database_user": database.reader,
            "database_password": seal(database.password),
            **fields,
        }
    )
    AccessPath.objects.create(
        region=region,
        kind=AccessPath.Kind.DIRECT,
        database_host=host,
        database_port=port or database.cluster.port,
    )
    return region


def lead_through(
    region: Region, *servers: SshServer, host: str = LOOPBACK, port: int | None = None
) -> AccessPath:
    """Make the region's first path go through these SSH servers, one after another.

    `host` and `port` are the addresses at which the first server is reached, a relay's perhaps.
    """
    path = region.paths.get(position=1)
    path.kind = AccessPath.Kind.SSH
    path.save()
    for position, server in enumerate(servers, start=1):
        SshHop.objects.create(
            path=path,
            position=position,
            host=host if position == 1 else server.host,
            port=(port if position == 1 else None) or server.port,
            user=server.user,
            private_key=f"file:{server.private_key_path}",
            host_key=server.host_key_line,
        )
    return path


def forget_region(code: str) -> None:
    """Drop what the center's database keeps of a region beside its rows."""
    name = sql.Identifier(f"region_{code}")
    with psycopg.connect(os.environ["FLEET_ADMIN_DATABASE_URL"]) as admin:
        admin.execute("SET client_min_messages = error")
        admin.execute("SELECT pg_advisory_xact_lock(hashtext('fleet.union'))")
        admin.execute(sql.SQL("DROP SERVER IF EXISTS {} CASCADE").format(name))
        admin.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
