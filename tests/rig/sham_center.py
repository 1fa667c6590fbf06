"""Regions that the simulator has filled, as the center knows them."""

from __future__ import annotations

import itertools
import os
from datetime import datetime, timedelta

import psycopg

from fleet.alerts.models_evaluation import Evaluation
from fleet.clock import now
from fleet.demo.servers import LOOPBACK
from regions.credentials import seal
from regions.models import AccessPath, Region
from tests.rig.filled import Filled
from tests.rig.region_database import admit_reader

_numbers = itertools.count(1)


def last_wednesday() -> datetime:
    """Return a past moment at which all hours and days judge alike, whenever the test runs."""
    afternoon = now().replace(hour=14, minute=0, second=0, microsecond=0)
    return afternoon - timedelta(days=((afternoon.isoweekday() - 3) % 7) or 7)


def register(filled: Filled) -> Region:
    """Create the region of a filled database, with a reader of its own and a direct path."""
    reader = f"reader_of_story_{next(_numbers)}"
    admit_reader(filled.connection, reader, "secret")
    region = Region.objects.create(
        code=filled.sham.code,
        name=filled.sham.name,
        time_zone=filled.sham.zone,
        database_name=filled.connection.info.dbname,
        database_user=reader,
        database_password=seal("secret"),
    )
    AccessPath.objects.create(
        region=region,
        kind=AccessPath.Kind.DIRECT,
        database_host=LOOPBACK,
        database_port=filled.connection.info.port,
    )
    return region


def forget_judgements() -> None:
    """Let everything be judged as if it never was."""
    Evaluation.objects.all().delete()
    with psycopg.connect(os.environ["FLEET_ADMIN_DATABASE_URL"]) as admin:
        admin.execute("TRUNCATE alerts_alert, alerts_finding CASCADE")
