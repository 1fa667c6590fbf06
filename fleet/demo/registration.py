"""The demo's rows at the center: regions, ways in, the user, and how far the collection is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from fleet.alerts.models_outbox import Channel
from fleet.demo.contours import Contours
from fleet.demo.scenario import ONCALL, VIEWER, Part, Way, all_codes
from fleet.demo.servers import LOOPBACK, ServerError
from fleet.demo.ssh import SshServer
from fleet.demo.synapse import Room
from fleet.people.models import Person, Role
from regions.collect import collect
from regions.credentials import seal
from regions.models import AccessPath, Region, RegionStatus, SshHop, TunnelState
from regions.sessions import close_idle_sessions

ROOM = "Room of the demo"

# How long ago the stale region was heard last.
SILENT_FOR = timedelta(hours=26)
FEW_REGIONS = 12


def register(contours: Contours, servers: dict[str, SshServer]) -> None:
    """Write each part's region and way in; what was edited by hand stays, but for the ways."""
    codes = {part.code for part in contours.parts}
    Region.objects.filter(code__in=all_codes() - codes).update(is_active=False)
    Region.objects.filter(code__in=codes).update(is_active=True)
    # What an earlier run had planned is gone with its broker; all are collected at once.
    RegionStatus.objects.filter(region__code__in=codes).update(queued_at=None, next_due_at=None)
    for part in contours.parts:
        region, _created = Region.objects.get_or_create(
            code=part.code, defaults=_fields(contours, part)
        )
        if part.way is Way.NONE:
            region.paths.all().delete()
            continue
        path, _created = AccessPath.objects.update_or_create(
            region=region,
            position=1,
            defaults={
                "kind": AccessPath.Kind.SSH if part.is_behind_ssh else AccessPath.Kind.DIRECT,
                "database_host": LOOPBACK,
                "database_port": contours.cluster.port,
            },
        )
        if part.is_behind_ssh:
            _lead_through(path, servers[part.code])
        else:
            path.hops.all().delete()


def _fields(contours: Contours, part: Part) -> dict[str, object]:
    is_lively = len(contours.parts) <= FEW_REGIONS
    return {
        "name": part.sham.name,
        "time_zone": part.sham.zone,
        "level": part.sham.level,
        "collect_every": timedelta(minutes=1 if is_lively else 5),
        "database_name": part.code,
        "database_user": contours.reader(part),
        "database_password": f"file:{contours.folder.secret_file(contours.reader(part))}",
    }


def _lead_through(path: AccessPath, server: SshServer) -> None:
    SshHop.objects.update_or_create(
        path=path,
        position=1,
        defaults={
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "private_key": f"file:{server.private_key_path}",
            "host_key": server.host_key_line,
        },
    )


def create_people(password: str) -> None:
    """Create who looks at the demo: one who may do everything, one who sees two regions only."""
    oncall = account(ONCALL, password, is_superuser=True)
    Person.objects.get_or_create(
        user=oncall, defaults={"role": Role.ADMIN, "sees_all_regions": True}
    )
    viewer = account(VIEWER, password)
    person, is_new = Person.objects.get_or_create(user=viewer, defaults={"role": Role.VIEWER})
    if is_new:
        person.regions.set(Region.objects.filter(is_active=True).order_by("pk")[:2])


def create_channel() -> None:
    """Let alerts be told, in the console, unless somebody has chosen where."""
    if not Channel.objects.exists():
        Channel.objects.create(name="Console of the demo", kind=Channel.Kind.CONSOLE, position=1)


def leave_room() -> None:
    """Let the console say what a room did at another start."""
    Channel.objects.filter(name=ROOM).update(is_enabled=False)


def create_room(server: str, room: Room) -> None:
    """Let alerts be told in a room of Matrix, before the console."""
    at = {
        "is_enabled": True,
        "server": server,
        "address": room.address,
        "credential": seal(room.token),
    }
    first = {"name": ROOM, "kind": Channel.Kind.MATRIX, "position": 0, **at}
    Channel.objects.update_or_create(name=ROOM, defaults=at, create_defaults=first)


def account(name: str, password: str, *, is_superuser: bool = False) -> User:
    """Return the account, new or not; its password is this one from now on."""
    user, _created = User.objects.get_or_create(
        username=name, defaults={"is_staff": is_superuser, "is_superuser": is_superuser}
    )
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    return user


def open_tunnels(codes: set[str], since: datetime) -> set[str]:
    """Return the regions whose tunnel the keeper has seen open since then."""
    states = TunnelState.objects.filter(
        path__region__code__in=codes, state=TunnelState.State.OPEN, seen_at__gte=since
    )
    return set(states.values_list("path__region__code", flat=True))


def collected(codes: set[str], since: datetime) -> set[str]:
    """Return the regions whose rows are known as of then or later."""
    return set(
        RegionStatus.objects.filter(region__code__in=codes, last_success_at__gte=since).values_list(
            "region__code", flat=True
        )
    )


def why_not_collected(codes: set[str]) -> str:
    """Return the regions with what the collector says of each."""
    states = RegionStatus.objects.filter(region__code__in=codes).select_related("region")
    return "\n".join(f"{state.region.code}: {state.sentence or 'not tried'}" for state in states)


def collect_as_of_yesterday(code: str, now: datetime) -> None:
    """Collect a region as if it were SILENT_FOR ago, so that it is stale from now on."""
    region = Region.objects.prefetch_related("paths__tunnel").get(code=code)
    run = collect(region, now - SILENT_FOR)
    if run.failure:
        raise ServerError(f"{code} could not be collected: {run.sentence}")


def disconnect() -> None:
    """Close this process's connections to the center."""
    close_idle_sessions()
    wrapper = connections["default"]
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.close()
    wrapper.close_pool()
