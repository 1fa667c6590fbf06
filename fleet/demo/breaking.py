"""Let something go wrong in a sham region's database, and undo it to the last row."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg import Connection

from fleet.demo.faults import Fault
from fleet.demo.rhythm import hours_between
from fleet.demo.sham import ShamRegion
from fleet.demo.simulator import WRITERS, read_clock
from fleet.demo.story import Story
from fleet.demo.world import World


def break_region(connection: Connection, sham: ShamRegion, fault: Fault) -> int:
    """Rewrite what came since the fault began, and let the simulator go on with it.

    A fault of before ends. Returns how many studies were rewritten. Raises LookupError when the
    region has no history.
    """
    return _rewrite(connection, sham, fault)


def mend_region(connection: Connection, sham: ShamRegion) -> int:
    """Write what would have come without the fault; return how many studies, 0 without a fault."""
    return _rewrite(connection, sham, None)


def _rewrite(connection: Connection, sham: ShamRegion, fault: Fault | None) -> int:
    with connection.transaction():
        clock = read_clock(connection, sham)
        faults = [one for one in (clock.fault, fault) if one]
        if not faults:
            return 0
        connection.execute("DELETE FROM simulator_fault")
        if fault:
            connection.execute(
                "INSERT INTO simulator_fault VALUES (%s, %s, %s)",
                (fault.name, fault.since, fault.until),
            )
        since = min(one.since for one in faults)
        whole = _studies(World(sham, clock.anchor), since, clock.written_until)
        changed = _studies(World(sham, clock.anchor, fault), since, clock.written_until)
        writer = WRITERS[sham.shape](connection, World(sham, clock.anchor, fault))
        writer.erase([story.uid for story in whole])
        writer.write(changed, clock.written_until)
        return len(whole)


def _studies(world: World, since: datetime, until: datetime) -> list[Story]:
    """Return what the database holds at `until` of the studies received from `since` on."""
    hours = hours_between(since, until + timedelta(hours=1), world.sham)
    return [
        event
        for hour in hours
        for event in world.hour(hour)
        if isinstance(event, Story) and event.received_at >= since and event.written_at <= until
    ]
