"""1000 regions, 200 of them black holes: what the healthy ones wait for.

The lanes are those of the documented workers: a pool of threads for regions that are well, and one
of their own for those that failed last time. There is a warm session for each region.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench.collecting import timed
from bench.report import Report
from bench.rig import Line, touch
from fleet.clock import now
from fleet.demo.postgres import Cluster
from regions.collect import collect
from regions.models import AccessPath, Region, RegionStatus

N_DEAD = 200
FAST_THREADS = 64
SLOW_THREADS = 16
ROUNDS = 3


def bench(report: Report, cluster: Cluster, hole: Line) -> None:
    regions = list(Region.objects.order_by("code"))
    dead = regions[:: len(regions) // N_DEAD][:N_DEAD]
    healthy = [region for region in regions if region not in dead]
    report.add("first load of 1000 regions", timed(lambda: _lane(regions, FAST_THREADS)), "s")
    alone, beside = [], []
    for _round in range(ROUNDS):
        alone.append(_round_of(cluster, healthy))
    AccessPath.objects.filter(region__in=dead).update(database_port=hole.port)
    hole.say("silent")
    _lane(dead, FAST_THREADS * 2)
    failed = RegionStatus.objects.filter(n_failures__gt=0).count()
    for _round in range(ROUNDS):
        with ThreadPoolExecutor(1) as other:
            slow = other.submit(_lane, dead, SLOW_THREADS)
            beside.append(_round_of(cluster, healthy))
            slow.result()
    report.add("black holes that were found out", failed, "")
    report.add("800 healthy regions, without the dead ones", median(alone), "s")
    report.add("800 healthy regions, beside 200 dead ones", median(beside), "s")
    report.add("ratio", median(beside) / median(alone), "x")


def _round_of(cluster: Cluster, healthy: list[Region]) -> float:
    touch(cluster)
    return timed(lambda: _lane(healthy, FAST_THREADS))


def _lane(regions: list[Region], n_threads: int) -> None:
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(lambda region: collect(region, now()), regions))
