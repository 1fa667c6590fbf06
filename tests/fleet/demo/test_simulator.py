"""The simulator writes what it would have written anyway, whenever it is asked."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.clock import now
from fleet.demo.sham import ShamRegion, Shape
from fleet.demo.simulator import Source, fill_history, live
from tests.rig.filled import Filled, MakeFilled

pytestmark = pytest.mark.integration

TABLES = {Shape.JOURNAL: "zhurnal", Shape.TABLES: "studies"}
SEEN = {
    Shape.JOURNAL: (
        "SELECT to_jsonb(z) - 'id' - 'study_ref' FROM zhurnal z"
        " WHERE data_polucheniya > %s ORDER BY uid_issledovaniya",
        "SELECT to_jsonb(m) - 'id' FROM musor m WHERE data > %s ORDER BY data",
    ),
    Shape.TABLES: (
        "SELECT to_jsonb(s) - 'study_id' FROM studies s WHERE came_at > %s ORDER BY study_uid",
        "SELECT study_uid, to_jsonb(t) - 'task_id' - 'study_id' FROM tasks t"
        " JOIN studies USING (study_id) WHERE came_at > %s ORDER BY study_uid, attempt",
        "SELECT study_uid, to_jsonb(f) - 'finding_id' - 'task_id' FROM findings f"
        " JOIN tasks USING (task_id) JOIN studies USING (study_id)"
        " WHERE came_at > %s ORDER BY study_uid, label, side",
        "SELECT to_jsonb(r) - 'reject_id' FROM rejected r WHERE at > %s ORDER BY at",
    ),
}


def contents(filled: Filled, since: datetime) -> list[list[tuple[Any, ...]]]:
    """Return all rows of the studies received since then, without the database's own numbers."""
    connection, queries = filled.connection, SEEN[filled.sham.shape]
    return [connection.execute(query.encode(), [since]).fetchall() for query in queries]


def n_studies(filled: Filled) -> int:
    ((n,),) = filled.connection.execute(f"SELECT count(*) FROM {TABLES[filled.sham.shape]}")
    return int(n)


@pytest.mark.parametrize("shape", list(Shape))
def test_it_writes_live_what_history_would_hold(make_filled: MakeFilled, shape: Shape) -> None:
    end = now() - timedelta(hours=1)
    whole = make_filled(shape, days=3, end=end)
    step_by_step = make_filled(shape, days=3, end=end - timedelta(hours=6))
    for minutes in (350, 200, 199, 50, 0):
        live(step_by_step.connection, step_by_step.sham, end - timedelta(minutes=minutes))
    since = end - timedelta(days=2)
    assert contents(step_by_step, since) == contents(whole, since)


@pytest.mark.parametrize("shape", list(Shape))
def test_it_writes_nothing_twice(make_filled: MakeFilled, shape: Shape) -> None:
    filled = make_filled(shape, days=1)
    assert live(filled.connection, filled.sham, filled.end + timedelta(hours=2)) > 0
    assert live(filled.connection, filled.sham, filled.end + timedelta(hours=2)) == 0


def test_it_says_what_to_do_in_a_database_without_history(make_filled: MakeFilled) -> None:
    filled = make_filled(Shape.JOURNAL, days=1)
    filled.connection.execute("DELETE FROM simulator_clock")
    with pytest.raises(LookupError, match="fill it first"):
        live(filled.connection, filled.sham, filled.end)


def test_it_connects_again_when_the_database_was_away(make_filled: MakeFilled) -> None:
    filled = make_filled(Shape.TABLES, days=1)
    source, before = Source(filled.url, filled.sham), n_studies(filled)
    source.step(filled.end)
    assert source.connection is not None
    pid = source.connection.info.backend_pid
    filled.connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    source.step(now())
    source.step(now())
    source.close()
    assert n_studies(filled) > before


def test_it_waits_for_a_database_that_is_away() -> None:
    source = Source("postgresql://nobody@127.0.0.1:1/none", ShamRegion("alpha", "Alpha", "UTC"))
    source.step(now())
    assert source.feed is None


def test_it_writes_to_every_region_until_it_is_stopped(
    make_filled: MakeFilled, tmp_path: Path
) -> None:
    regions = [make_filled(shape, days=1) for shape in Shape]
    before = [n_studies(region) for region in regions]
    config = tmp_path / "simulator.json"
    config.write_text(json.dumps([{"url": r.url, "sham": r.sham.as_json()} for r in regions]))
    command = [sys.executable, "-m", "fleet.demo.simulator", "--config", config, "--every", "0.2"]
    with subprocess.Popen(command) as child:
        try:
            wait_until(lambda: all(n_studies(r) > n for r, n in zip(regions, before, strict=True)))
        finally:
            child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=10) == 0


def wait_until(is_true: Any) -> None:
    limit = now() + timedelta(seconds=20)
    while not is_true():
        assert now() < limit, "not within 20 s"


def test_it_reports_progress_up_to_the_whole(make_filled: MakeFilled) -> None:
    filled, shares = make_filled(Shape.JOURNAL, days=1), []
    filled.connection.execute("TRUNCATE zhurnal, musor, simulator_clock")
    fill_history(filled.connection, filled.sham, 3, filled.end, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
