"""The tasks as they run in life: a real broker, beat and a worker with a pool of threads."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet import processes
from fleet.clock import now
from fleet.demo.valkey import Valkey
from regions import tasks
from regions.models import DailyRollup, RegionStatus, UnionCoverage

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60


@pytest.fixture
def workers(valkey: Valkey, tmp_path: Path) -> Iterator[None]:
    """Beat and both lanes of workers, run by the documented commands."""
    started = []
    for name, command in (
        ("beat", processes.BEAT),
        ("worker", processes.WORKER),
        ("slow", processes.WORKER_SLOW),
    ):
        with (tmp_path / name).open("wb") as log:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", *command],
                    cwd=ROOT,
                    env={**os.environ, "DJANGO_SETTINGS_MODULE": "fleet.settings"},
                    stdout=log,
                    stderr=log,
                )
            )
    yield
    for process in started:
        process.terminate()
    for process in started:
        process.wait(timeout=20)


def wait_for(condition: Callable[[], Any]) -> Any:
    """Return the condition's value as soon as it is true, or fail after WITHIN_S."""
    deadline = time.monotonic() + WITHIN_S
    while not (value := condition()):
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.2)
    return value


def succeeded() -> RegionStatus | None:
    return RegionStatus.objects.filter(last_success_at__isnull=False).first()


@pytest.mark.slow
def test_it_collects_what_is_due_and_rebuilds_the_views(
    workers: None, make_region: Callable[..., Any], region_database: Callable[..., Any]
) -> None:
    database = region_database()
    database.insert_study(now() - timedelta(minutes=30), scores=[0.7])
    make_region(database)
    wait_for(succeeded)
    assert DailyRollup.objects.get().n_done == 1
    tasks.rebuild_union.delay()
    wait_for(lambda: UnionCoverage.objects.filter(is_included=True).exists())


@pytest.mark.slow
def test_it_tries_a_failed_region_in_the_slow_lane(
    workers: None, make_region: Callable[..., Any], region_database: Callable[..., Any]
) -> None:
    database = region_database()
    region = make_region(database)
    RegionStatus.objects.create(region=region, n_failures=1, failure="link", sentence="It was.")
    status = wait_for(succeeded)
    assert (status.n_failures, status.failure) == (0, "")


def test_it_says_what_a_collection_did(
    make_region: Callable[..., Any], region_database: Callable[..., Any]
) -> None:
    database = region_database()
    database.insert_study(now())
    make_region(database)
    assert tasks.collect("alpha") == "alpha: 1 hours replaced"
