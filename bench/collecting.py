"""100 regions at 50 ms round trip: a collection, cold and warm, against the views and the floor.

A virtual machine's neighbours take its processors now and then, for an instant or for seconds, and
its kernel is told how much they took. Where there are enough rounds that they left alone, the
medians are of these, and so are the ratios.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import Any

import psutil
import psycopg

from bench.processors import Processors, stolen_s
from bench.report import Report
from bench.rig import Line, center, touch
from fleet.clock import now
from fleet.demo.postgres import Cluster
from regions import sessions
from regions.collect import collect
from regions.models import Region
from regions.union import rebuild_union

RTT_S = 0.05
ROUNDS = 20
ROUNDS_ALONE = 5
# A round is left alone while neighbours take less than this share of the processors' time; with
# fewer such rounds the medians are of all.
LEFT_ALONE = 0.01
FEWEST = 4
READERS = "postgres: r0"


@dataclass(frozen=True)
class Round:
    """One collection of all regions: its seconds, and those of processors by kind and stolen."""

    seconds: float
    spent_s: dict[str, float]
    stolen_s: float

    @property
    def is_left_alone(self) -> bool:
        return self.stolen_s < LEFT_ALONE * self.seconds * psutil.cpu_count()


def timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


class Worker:
    """Collects regions at once, in threads that stand before a round."""

    def __init__(self, cluster: Cluster, wire: Line, n_threads: int) -> None:
        self._cluster = cluster
        self._processors = Processors(cluster, wire)
        self._pool = ThreadPoolExecutor(n_threads)

    def collect(self, regions: list[Region]) -> None:
        runs = list(self._pool.map(lambda region: collect(region, now()), regions))
        failed = [run for run in runs if run.failure]
        if failed:
            raise SystemExit(f"{len(failed)} collections failed: {failed[0].sentence}")

    def measure(self, regions: list[Region], prepare: Callable[[], None]) -> Round:
        prepare()
        touch(self._cluster)
        before, stolen_before = self._processors.spent_s(), stolen_s()
        seconds = timed(lambda: self.collect(regions))
        after, stolen_after = self._processors.spent_s(), stolen_s()
        spent_s = {kind: after[kind] - before[kind] for kind in after}
        return Round(seconds, spent_s, stolen_after - stolen_before)


def bench(report: Report, cluster: Cluster, regions: list[Region], wire: Line) -> None:
    n = len(regions)
    worker = Worker(cluster, wire, n)
    report.add("first load, 4 days of rows", timed(lambda: worker.collect(regions)), "s")
    medians = {}
    for name, prepare in STATES.items():
        alone = [worker.measure(regions[:1], prepare) for _ in range(ROUNDS_ALONE)]
        before = wire.n_bytes()
        rounds = [worker.measure(regions, prepare) for _ in range(ROUNDS)]
        n_bytes = sum(wire.n_bytes()) - sum(before)
        what = f"{n} regions, one changed hour each, {name}"
        report.add(f"{what}, all rounds", median(each.seconds for each in rounds), "s")
        left_alone = [each for each in rounds if each.is_left_alone]
        report.add(f"rounds of {ROUNDS} that neighbours left alone, {name}", len(left_alone), "")
        if len(left_alone) >= FEWEST:
            rounds = left_alone
        medians[name] = median(each.seconds for each in rounds)
        report.add(what, medians[name], "s")
        report.add(f"one region alone, {name}", median(each.seconds for each in alone), "s")
        for kind in rounds[0].spent_s:
            spent = median(each.spent_s[kind] for each in rounds)
            report.add(f"processor time a region, {name}: {kind}", spent / n * 1000, "ms")
        report.add(f"bytes a region, {name}", n_bytes / n / ROUNDS, "B")
    report.add("memory of a warm session at the center, its own", _at_center_mib(), "MiB")
    report.add("memory of a warm session in the region, its own", _in_regions_mib(cluster), "MiB")
    cold, warm = medians["cold"], medians["warm"]

    rebuild_union(now(), is_forced=True)
    naive = [timed(lambda: _fresh_query(NAIVE)) for _ in range(1)]
    report.add("(a) naive union view over raw rows, cold", median(naive), "s")
    arms = _arms_view(regions)
    grouped = [timed(lambda: _fresh_query(arms)) for _ in range(2)]
    report.add("(b) union view with aggregates in its arms, cold", median(grouped), "s")
    floor = median([_floor(cluster) for _ in range(3)])
    report.add("(c) floor: the regions' own queries plus one round trip", floor, "s")
    report.add("cold, times faster than (a)", median(naive) / cold, "x")
    report.add("cold, times faster than (b)", median(grouped) / cold, "x")
    report.add("cold, times the floor", cold / floor, "x")
    report.add("warm, times the floor", warm / floor, "x")


def _let_go() -> None:
    """Close every connection into a region; the center's own sessions stay."""
    for session in sessions._idle.values():
        session.disconnect()


# What is open before a round: nothing, as in a worker that has just started; the worker's own
# sessions at the center, but no connection into a region; all that a collection leaves open.
STATES: dict[str, Callable[[], None]] = {
    "new worker": sessions.close_idle_sessions,
    "cold": _let_go,
    "warm": lambda: None,
}


def _at_center_mib() -> float:
    return _own_mib(session.center.info.backend_pid for session in sessions._idle.values())


def _in_regions_mib(cluster: Cluster) -> float:
    """Of the backends in which the regions' readers are logged in."""
    backends = psutil.Process(cluster.pid).children()
    return _own_mib(
        backend.pid for backend in backends if " ".join(backend.cmdline()).startswith(READERS)
    )


def _own_mib(pids: Iterable[int]) -> float:
    """Return the median of what each process shares with no other."""
    return median(psutil.Process(pid).memory_full_info().uss for pid in pids) / 2**20


NAIVE = """
SELECT s.region_code, date_trunc('hour', s.received_at), count(*)
FROM fleet.union_study s WHERE s.received_at >= (SELECT now() - interval '24 hours')
GROUP BY 1, 2"""


def _arms_view(regions: list[Region]) -> str:
    arms = [
        f"SELECT '{region.code}', count(*), count(*) FILTER (WHERE modality = 'MG'),"
        " avg(patient_age_years)"
        f" FROM {region.foreign_schema}.study"
        " WHERE received_at >= (SELECT now() - interval '24 hours')"
        for region in regions
    ]
    return " UNION ALL ".join(arms)


def _fresh_query(statement: str) -> list[Any]:
    with center() as connection:
        return connection.execute(statement.encode()).fetchall()


def _floor(cluster: Cluster) -> float:
    """What the regions themselves need for the fingerprints and one hour, on these two cores."""

    def ask(number: int) -> None:
        with psycopg.connect(cluster.superuser_url(f"bench{number}"), autocommit=True) as region:
            region.execute("SET jit = off")
            started = time.perf_counter()
            region.execute(
                "SELECT * FROM fleet_contract.hour_fingerprint"
                " WHERE hour >= now() - interval '6 hours' AND hour < now() + interval '2 hours'"
            ).fetchall()
            region.execute(
                "SELECT * FROM fleet_contract.hourly WHERE hour = date_trunc('hour', now())"
            ).fetchall()
            spent.append(time.perf_counter() - started)

    spent: list[float] = []
    for number in range(100):
        ask(number)
    return sum(spent) / 2 + RTT_S
