"""No row lost, none doubled: whoever writes, whoever is killed, whatever is cut."""

from __future__ import annotations

import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fleet.clock import now
from fleet.demo.postgres import Cluster
from fleet.demo.relay import Relay
from regions.collect import AlreadyCollecting, collect
from regions.models import Collection, HourlyRollup, Region
from tests.rig.collector import Collector
from tests.rig.region_database import RegionDatabase
from tests.rig.rollup_truth import expected_rollups
from tests.rig.rollups import differences, kept_rollups
from tests.rig.writers import VERBS, Writers
from tests.settings import DATABASE

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
SEED = int(os.environ.get("FLEET_TEST_SEED") or secrets.randbits(32))
ZONES = ("Europe/Moscow", "Asia/Kathmandu", "America/St_Johns", "Asia/Kamchatka")
N_KILLS = 50
N_CUTS = 20
NEEDED = [
    "kills in a transaction",
    "kills after writing",
    "looks",
    "done",
    "failed",
    "hold",
    "rollback",
]
NEEDED += ["savepoint", *(verb.__name__ for verb in VERBS)]
# By then days may be profiled again, and hours further back are looked at.
AN_HOUR = timedelta(minutes=61)


# In every snapshot of the center a day is the sum of its hours, and an hour that of its answers.
TORN = """
SELECT
  (SELECT count(*) FROM regions_dailyrollup d
    WHERE ((n_received, n_filtered, n_expected, n_scored)
      = (SELECT sum(n_received), sum(n_filtered), sum(n_expected), sum(n_scored)
         FROM regions_hourlyrollup h WHERE h.day = d.day)) IS NOT TRUE)
  + (SELECT count(*) FROM regions_hourlyrollup h
    WHERE n_expected <> (SELECT coalesce(sum(n_expected), 0)
      FROM regions_hourlyflow f WHERE f.hour = h.hour))"""

WRITING = "SELECT FROM pg_stat_activity WHERE application_name = %s AND backend_xid IS NOT NULL"


class Siege:
    """A region that is written, collected, killed and cut at once, at moments chosen by SEED."""

    def __init__(self, database: RegionDatabase, region: Region, line: Relay, folder: Path) -> None:
        self.database = database
        self.region = region
        self.line = line
        self.random = random.Random(SEED)
        self.seen: Counter[str] = Counter()
        self.collector = Collector(region.code, folder)
        self.writers = Writers(database.admin_url, SEED)

    def run(self, cluster: Cluster) -> None:
        """Return when there were enough kills and cuts, and all writers have ended."""
        self.collector.start()
        others = [
            threading.Thread(target=self._cut),
            threading.Thread(target=self._watch, args=[cluster]),
        ]
        for thread in others:
            thread.start()
        with cluster.connect(DATABASE) as center, cluster.connect(DATABASE) as holder:
            while self.seen["kills"] < N_KILLS:
                self._kill_or_wait(center, holder)
        for thread in others:
            thread.join()
        self.collector.stop()
        self.seen += self.writers.stop()
        self.seen.update(event.word for event in self.collector.events())

    def stop(self) -> None:
        self.collector.stop()
        self.writers.kill()

    def _kill_or_wait(
        self, center: psycopg.Connection[Any], holder: psycopg.Connection[Any]
    ) -> None:
        self.collector.await_work()
        if self.random.random() < 0.2:
            self.collector.await_rest()
        elif self.random.random() < 0.3:
            # One call writes and commits, too quickly to be met by chance.
            with holder.transaction():
                holder.execute("LOCK TABLE regions_dailyrollup IN EXCLUSIVE MODE")
                self._await_writing(center)
                self._kill(center)
        else:
            time.sleep(self.random.uniform(0, self.random.choice((0.05, 0.1, 0.2, 0.5))))
            self._kill(center)

    def _kill(self, center: psycopg.Connection[Any]) -> None:
        if (killed := self.collector.kill(center)) is not None:
            is_in_transaction, has_written = killed
            self.seen["kills"] += 1
            self.seen["kills in a transaction"] += is_in_transaction
            self.seen["kills after writing"] += has_written

    def _await_writing(self, center: psycopg.Connection[Any]) -> None:
        """Wait until hours are written and their days are not, or a second for nothing."""
        name = f"collector {self.collector.events()[-1].pid}"
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            if center.execute(WRITING, [name]).fetchone():
                return
            time.sleep(0.001)

    def _cut(self) -> None:
        """Reset what is open; now and then the line stays down for a while."""
        chance = random.Random(SEED)
        while self.seen["cuts"] < N_CUTS:
            time.sleep(chance.uniform(0.2, 2))
            self.seen["cuts"] += self.line.cut() > 0
            if chance.random() < 0.3:
                self.line.mode = "refuse"
                time.sleep(chance.uniform(0, 0.5))
                self.line.mode = "pass"
        # Short cuts are mended within a collection; this one no way gets around.
        self.line.mode = "refuse"
        self.line.cut()
        self.collector.await_failure()
        self.line.mode = "pass"

    def _watch(self, cluster: Cluster) -> None:
        """Look at what a page would see meanwhile."""
        with cluster.connect(DATABASE) as center:
            while self.seen["kills"] < N_KILLS:
                self.seen["torn"] += center.execute(TORN).fetchone()[0]
                self.seen["looks"] += 1
                time.sleep(0.02)


@pytest.fixture
def siege(
    region_database: Callable[..., RegionDatabase],
    make_region: Callable[..., Region],
    relay: Callable[..., Relay],
    server_folder: Path,
) -> Iterator[Siege]:
    database = region_database(time_zone=random.Random(SEED).choice(ZONES))
    line = relay(database.cluster.port)
    siege = Siege(database, make_region(database, port=line.port), line, server_folder)
    yield siege
    siege.stop()


def collect_for_good(region: Region, moment: datetime) -> Collection:
    """Collect once more; what a killed process began may still be ending."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return collect(region, moment)
        except AlreadyCollecting:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.slow
def test_it_counts_each_row_once(siege: Siege, central_cluster: Cluster) -> None:
    siege.run(central_cluster)
    end = now()

    last = collect_for_good(siege.region, end + AN_HOUR)

    report = f"FLEET_TEST_SEED={SEED} {siege.seen}"
    assert last.sentence == "", report
    wrong = differences(expected_rollups(siege.database), kept_rollups(siege.region))
    assert wrong == [], f"{report}\n{wrong[:10]}"
    assert min(siege.seen["kills"] / N_KILLS, siege.seen["cuts"] / N_CUTS) >= 1, report
    assert [word for word in NEEDED if not siege.seen[word]] == [], report
    assert (siege.seen["crashed"], siege.seen["torn"]) == (0, 0), report
    at_rest = HourlyRollup.objects.filter(collected_at__lt=end, n_received__gt=0)
    assert at_rest.exists(), f"no hour that was collected under fire came to rest: {report}"
    assert collect(siege.region, end + AN_HOUR).n_hours_replaced == 0, report
