"""A region that a rehearsal makes for itself, of rows at the center alone, and removes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from psycopg import sql

from fleet.alerts.delivery import deliver_next, prepare
from fleet.alerts.detectors.distribution_days import judge_and_remember
from fleet.alerts.detectors.judging import judge_days
from fleet.alerts.detectors.watch import watch
from fleet.alerts.detectors.watched import watched
from fleet.alerts.models import Alert
from fleet.alerts.models_outbox import Message
from fleet.people.models import Person, Role
from fleet.rehearsal.calm import DAY, know, plant_calm
from fleet.rehearsal.faults import FAULTS
from fleet.rehearsal.steps import StepFailed
from regions.localday import local_day
from regions.models import AccessPath, HourlyOutput, Region

CODE = "rehearsal"
NAME = "Rehearsal (no real region)"
# No sign-in has such a name.
USER = "rehearsal, nobody"
# By it a region is known for one of ours: nobody's database has this name.
DATABASE = "rehearsal, no database"
WITHIN_S = 30.0
DRIFTS = frozenset({"input_drift", "output_drift"})


class PlantedRegion:
    """The region, and the workers' part, done here and now."""

    within_s = WITHIN_S

    def __init__(self, region: Region, user: User) -> None:
        self.region = region
        self.user = user

    def break_(self, kind: str, now: datetime) -> None:
        plant_calm(self.region, now)
        FAULTS[kind](self.region, now)
        if kind in DRIFTS:
            # The fleet's day may not be over everywhere for hours: it is judged as who comes late.
            ours = [one for one in watched() if one.id == self.region.pk]
            judge_and_remember(ours, local_day(now, self.region.zone) - DAY, now)

    def work(self, now: datetime) -> None:
        watch(now)
        judge_days(now)
        # Nothing else will explain it: the minute that a first message waits is left out.
        ours = Message.objects.filter(alert__region=self.region, state=Message.State.WAITING)
        ours.update(next_try_at=now)
        prepare(now)
        deliver_next(now)

    def mend(self, now: datetime) -> None:
        HourlyOutput.objects.filter(region=self.region).delete()
        know(self.region, now)


@contextmanager
def planted_region() -> Iterator[PlantedRegion]:
    """Make a region and a person for it, and remove all of it, the alert's history too.

    Raises StepFailed when it may not, or a region of that code is somebody else's.
    """
    if not settings.FLEET_ADMIN_DATABASE_URL:
        raise StepFailed(
            "A rehearsal removes what it made: set FLEET_ADMIN_DATABASE_URL, as the workers do."
        )
    _remove()
    user = User.objects.create_user(USER)
    region = Region.objects.create(code=CODE, name=NAME, time_zone="UTC", database_name=DATABASE)
    try:
        AccessPath.objects.create(region=region, position=1, kind=AccessPath.Kind.DIRECT)
        person = Person.objects.create(user=user, role=Role.ON_CALL)
        person.regions.set([region])
        yield PlantedRegion(region, user)
    finally:
        _remove()


def _remove() -> None:
    """Remove what a rehearsal made, also one that was killed."""
    region = Region.objects.filter(code=CODE).first()
    if region and region.database_name != DATABASE:
        raise StepFailed(f"There is a region “{CODE}” that no rehearsal made: it is left alone.")
    with psycopg.connect(settings.FLEET_ADMIN_DATABASE_URL, connect_timeout=5) as admin:
        if ours := list(_ids(admin, Region, "database_name", [DATABASE])):
            _wipe(admin, Alert, list(_ids(admin, Alert, "region_id", ours)))
            _wipe(admin, Region, ours)
        if user := User.objects.filter(username=USER).first():
            _wipe(admin, User, [user.pk])


def _wipe(admin: psycopg.Connection[Any], model: type[models.Model], ids: list[int]) -> None:
    """Delete rows and all that refer to them, whatever may refer to such rows in times to come."""
    if not ids:
        return
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):
            continue
        child, column = relation.related_model, relation.field.column or ""
        if child is not model and len(child._meta.pk_fields) == 1:
            _wipe(admin, child, list(_ids(admin, child, column, ids)))
        _delete(admin, child, column, ids)
    _delete(admin, model, model._meta.pk.column or "id", ids)


def _ids(
    admin: psycopg.Connection[Any],
    model: type[models.Model],
    column: str,
    ids: list[int] | list[str],
) -> Iterator[int]:
    asked = sql.SQL("SELECT {} FROM {} WHERE {} = ANY (%s)").format(
        sql.Identifier(model._meta.pk.column or "id"),
        sql.Identifier(model._meta.db_table),
        sql.Identifier(column),
    )
    return (row[0] for row in admin.execute(asked, [ids]).fetchall())


def _delete(
    admin: psycopg.Connection[Any], model: type[models.Model], column: str, ids: list[int]
) -> None:
    table, name = sql.Identifier(model._meta.db_table), sql.Identifier(column)
    admin.execute(sql.SQL("DELETE FROM {} WHERE {} = ANY (%s)").format(table, name), [ids])
