"""The overlays tell the truth about the native rows, quickly and without secrets."""

from __future__ import annotations

import json
import math
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from fleet.demo.rhythm import hours_between
from fleet.demo.servers import ServerError
from fleet.demo.sham import Shape
from fleet.demo.simulator import live
from regions.contract import contract_sql, install_sql
from regions.localday import day_bounds
from tests.rig.contract_plans import plan_inside
from tests.rig.filled import Filled, MakeFilled
from tests.rig.truth import Counts, truth

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)
NATIVE = {"zhurnal", "musor", "studies", "tasks", "findings", "rejected"}
FLOW = {
    "n_expected": "n", "n_done": "d", "n_failed": "f", "n_rejected": "r", "n_pending": "q",
    "n_fallback": "b", "n_bad_latency": "x",
}  # fmt: skip
ENDS_OF_SUMMER = {"America/St_Johns": (11, 1), "Europe/Lisbon": (10, 25)}


@pytest.fixture(scope="session", params=["system", "wheel"])
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session", params=list(Shape))
def filled(request: pytest.FixtureRequest, make_filled: MakeFilled, flavour: str) -> Filled:
    """Five days of a small region with everything that goes wrong, on both PostgreSQLs."""
    quirks = {"failure_rate": 0.1, "silent_bug": True, "input_shift": True}
    try:
        return make_filled(request.param, flavour=flavour, studies_per_day=500, **quirks)
    except ServerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def filled_tables(make_filled: MakeFilled) -> Filled:
    return make_filled(Shape.TABLES, days=1)


@pytest.fixture(scope="session", params=list(Shape))
def large(request: pytest.FixtureRequest, make_filled: MakeFilled) -> Filled:
    """Forty-five days of a usual region."""
    return make_filled(request.param, days=45, studies_per_day=800)


def told(filled: Filled, start: datetime, end: datetime) -> Counts:
    """Return what the contract's hours say of [start, end), percentiles as bins."""
    rows = filled.connection.execute(
        "SELECT n_received, n_filtered, flow, outputs FROM fleet_contract.hourly"
        " WHERE hour >= %s AND hour < %s",
        [start, end],
    ).fetchall()
    flow = [entry for row in rows for entry in row[2] or []]
    outputs = [entry for row in rows for entry in row[3] or []]
    sums = {name: sum(entry.get(key, 0) for entry in flow) for name, key in FLOW.items()}
    assert not any(entry.get("u") for entry in flow)
    return Counts(
        n_received=sum(row[0] for row in rows),
        n_filtered=sum(row[1] for row in rows),
        **sums,
        n_scored=sum(entry["n"] for entry in outputs),
        n_positive=sum(entry.get("p", 0) for entry in outputs),
        latency_p50_s=percentile_bin(flow, "l", 0.5),
        latency_p95_s=percentile_bin(flow, "l", 0.95),
        latency_p99_s=percentile_bin(flow, "l", 0.99),
        wait_p50_s=percentile_bin(flow, "w", 0.5),
        wait_p95_s=percentile_bin(flow, "w", 0.95),
    )


def percentile_bin(flow: list[dict[str, Any]], key: str, share: float) -> int | None:
    """Return the bin that holds the value of rank ceil(share * n)."""
    counts = [0] * 128
    for entry in flow:
        for pair in entry.get(key, "").split():
            place, n = map(int, pair.split(":"))
            counts[place] += n
    rank, seen = max(1, math.ceil(share * sum(counts))), 0
    for place, n in enumerate(counts):
        seen += n
        if seen >= rank:
            return place
    return None


def log_bin(seconds: float | None) -> int | None:
    if seconds is None:
        return None
    return min(127, max(0, math.floor(math.log10(max(seconds, 0.001) * 100) * 25.6)))


def expected(filled: Filled, start: datetime, end: datetime) -> Counts:
    """Return the truth with its percentiles as bins."""
    facts = vars(truth(filled.connection, filled.sham, start, end))
    return Counts(
        **{name: log_bin(value) if name.endswith("_s") else value for name, value in facts.items()}
    )


def test_it_tells_the_truth_of_every_hour(filled: Filled) -> None:
    hours = list(hours_between(filled.end - timedelta(days=5), filled.end, filled.sham))
    for hour in random.sample(hours, 30):
        assert told(filled, hour, hour + HOUR) == expected(filled, hour, hour + HOUR)


def test_it_tells_the_truth_of_a_local_day(filled: Filled) -> None:
    yesterday = (filled.end - timedelta(days=1)).astimezone(filled.sham.clock).date()
    start, end = day_bounds(yesterday, filled.sham.clock)
    facts = expected(filled, start, end)
    assert facts.n_failed
    assert facts.n_fallback
    assert facts.n_positive
    assert told(filled, start, end) == facts


def test_it_tells_a_profile_of_each_received_study(filled: Filled) -> None:
    yesterday = (filled.end - timedelta(days=1)).astimezone(filled.sham.clock).date()
    start, end = day_bounds(yesterday, filled.sham.clock)
    facts = truth(filled.connection, filled.sham, start, end)
    ((categories, scores),) = filled.connection.execute(
        "SELECT categories, scores FROM fleet_contract.daily_profile WHERE day = %s", [yesterday]
    ).fetchall()
    modalities = [entry["n"] for entry in categories if entry["a"] == "modality"]
    assert sum(modalities) == facts.n_received
    assert sum(entry["n"] for entry in scores) == facts.n_scored


@pytest.mark.parametrize("zone", ENDS_OF_SUMMER)
@pytest.mark.parametrize("shape", list(Shape))
def test_it_tells_the_truth_of_a_day_of_25_hours(
    make_filled: MakeFilled, shape: Shape, zone: str
) -> None:
    start, end = day_bounds(last_day_of_summer(zone), ZoneInfo(zone))
    filled = make_filled(shape, days=3, end=end + timedelta(hours=20), zone=zone)
    assert end - start == timedelta(hours=25)
    assert told(filled, start, end) == expected(filled, start, end)


def last_day_of_summer(zone: str) -> date:
    """Return the last day of 25 hours on the zone's calendar."""
    today = datetime.now(UTC).date() - timedelta(days=2)
    days = (today - timedelta(days=n) for n in range(370))
    bounds = ((day, day_bounds(day, ZoneInfo(zone))) for day in days)
    return next(day for day, (start, end) in bounds if end - start > timedelta(hours=24))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "arguments"), [("fingerprints_of_hours", [8]), ("counts_of_hour", [])]
)
def test_it_scans_no_native_table_for_an_hour(
    large: Filled, function: str, arguments: list[int]
) -> None:
    hour = next(hours_between(large.end - timedelta(days=2), large.end, large.sham))
    plan = plan_inside(large.connection, function, hour, *arguments)
    assert "Index" in plan
    assert not set(re.findall(r"Seq Scan on (\w+)", plan)) & NATIVE


@pytest.mark.slow
def test_it_scans_no_native_table_for_a_day(large: Filled) -> None:
    plan = plan_inside(large.connection, "profile_of_day", large.end.date(), large.sham.zone)
    assert "Index" in plan
    assert not set(re.findall(r"Seq Scan on (\w+)", plan)) & NATIVE


@pytest.mark.parametrize("change", ["status = 'ошибка'", "vozrast = vozrast + 1"])
def test_it_changes_the_fingerprint_with_the_row(make_filled: MakeFilled, change: str) -> None:
    filled = make_filled(Shape.JOURNAL, days=1)
    before = fingerprints(filled)
    filled.connection.execute(f"UPDATE zhurnal SET {change} WHERE id = 1".encode())
    assert len(fingerprints(filled) ^ before) == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE studies SET age = age + 1 WHERE study_id = 1",
        "UPDATE tasks SET state = 6 WHERE task_id = 1",
        "UPDATE findings SET prob = 0.123 WHERE finding_id = 1",
        "DELETE FROM rejected WHERE reject_id = 1",
    ],
)
def test_it_changes_the_fingerprint_with_any_table(filled_tables: Filled, change: str) -> None:
    before = fingerprints(filled_tables)
    with filled_tables.connection.transaction(force_rollback=True):
        filled_tables.connection.execute(change.encode())
        assert len(fingerprints(filled_tables) ^ before) == 2


def fingerprints(filled: Filled) -> set[tuple[Any, ...]]:
    return set(
        filled.connection.execute(
            "SELECT hour, n, fingerprint FROM fleet_contract.hour_fingerprint"
            " WHERE hour > %s AND n > 0",
            [filled.end - timedelta(days=7)],
        ).fetchall()
    )


def test_it_hides_the_key_of_study_references_from_the_reader(make_filled: MakeFilled) -> None:
    filled = make_filled(Shape.JOURNAL, days=1)
    name = filled.connection.info.dbname
    steps = contract_sql(f"reader_{name}", name).removeprefix(install_sql())
    filled.connection.execute(steps.encode())
    with filled.connection.transaction(force_rollback=True):
        filled.connection.execute(f"SET LOCAL ROLE reader_{name}".encode())
        assert filled.connection.execute("SELECT count(*) > 0 FROM fleet_contract.study").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            filled.connection.execute("SELECT key FROM public.fleet_ref_key")


def test_it_shows_no_identifier_of_a_study_but_in_its_own_column(filled: Filled) -> None:
    rows = filled.connection.execute(
        "SELECT to_jsonb(s) - 'study_uid' FROM fleet_contract.study s"
    ).fetchall()
    assert "1.2.643" not in json.dumps(rows)


def test_it_shows_the_nodes_checks_and_inventory(make_filled: MakeFilled) -> None:
    filled = make_filled(Shape.TABLES, days=1)
    live(filled.connection, filled.sham, filled.end + timedelta(hours=1))
    rows = filled.connection.execute(
        "SELECT target, count(*), max(checked_at) FROM fleet_contract.health_check GROUP BY 1"
    ).fetchall()
    assert len(rows) == filled.sham.n_nodes
    assert min(row[2] for row in rows) > filled.end
    assert filled.connection.execute("SELECT 1 FROM fleet_contract.inventory").fetchone()
