"""A fault rewrites what came, the simulator goes on with it, and mending leaves no trace."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fleet.demo.breaking import break_region, mend_region
from fleet.demo.faults import CHANGES, Fault
from fleet.demo.scenarios import SCENARIOS
from fleet.demo.sham import Shape
from fleet.demo.simulator import Feed
from tests.fleet.demo.test_simulator import contents
from tests.rig.filled import Filled, MakeFilled

pytestmark = pytest.mark.integration
HOUR = timedelta(hours=1)
NOON = datetime.fromisoformat("2026-03-04T06:00Z")


def fault_of(name: str, filled: Filled) -> Fault:
    return Fault(name, SCENARIOS[name].back.since(filled.end, filled.sham))


def rows(filled: Filled) -> list[object]:
    return contents(filled, filled.end - timedelta(days=99))


def statuses(filled: Filled, since: datetime) -> dict[str, int]:
    found = filled.connection.execute(
        "SELECT status, count(*) FROM fleet_contract.processing WHERE queued_at > %s GROUP BY 1",
        [since],
    )
    return dict(found.fetchall())


@pytest.mark.parametrize("shape", list(Shape))
def test_it_leaves_no_trace_of_any_fault(make_filled: MakeFilled, shape: Shape) -> None:
    # In the evening a region of this size has hours in which nothing can go wrong.
    filled = make_filled(shape, days=11, studies_per_day=30, end=NOON)
    before = rows(filled)
    for name in CHANGES:
        assert break_region(filled.connection, filled.sham, fault_of(name, filled)) > 0
        assert rows(filled) != before

    mend_region(filled.connection, filled.sham)

    assert rows(filled) == before


def test_it_mends_nothing_where_nothing_is_wrong(make_filled: MakeFilled) -> None:
    filled = make_filled(Shape.TABLES, days=1)

    assert mend_region(filled.connection, filled.sham) == 0


def test_the_simulator_goes_on_with_a_fault_and_without_it(make_filled: MakeFilled) -> None:
    filled = make_filled(Shape.JOURNAL, days=1, end=NOON)
    feed = Feed(filled.connection, filled.sham)
    break_region(filled.connection, filled.sham, Fault("silence", filled.end - HOUR))
    feed.write(filled.connection, filled.end + HOUR)
    silent = statuses(filled, filled.end - HOUR + timedelta(minutes=1))

    mend_region(filled.connection, filled.sham)
    feed.write(filled.connection, filled.end + 2 * HOUR)

    assert silent == {}
    assert statuses(filled, filled.end - HOUR).get("done", 0) > 10


def test_a_fault_ends_when_it_was_told_to(make_filled: MakeFilled) -> None:
    filled = make_filled(Shape.TABLES, days=1, end=NOON)
    fault = Fault("silence", filled.end - HOUR, filled.end)
    break_region(filled.connection, filled.sham, fault)

    Feed(filled.connection, filled.sham).write(filled.connection, filled.end + HOUR)

    assert statuses(filled, filled.end + HOUR / 4) != {}
