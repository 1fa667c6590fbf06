"""The metrics as Prometheus reads them. What nobody knows is absent, never zero."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import redis
from django.db.models import Count, QuerySet
from prometheus_client.core import (
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from fleet.metrics.pages import BOUNDS, Counter, Times
from fleet.review.dates import today
from fleet.review.day import RegionDay, review
from fleet.review.links import LinkState
from regions.models import Collection, Region, TunnelState

QUEUES = ("default", "collect", "collect_slow")
AN_HOUR = timedelta(hours=1)
SUCCEEDED = "none"
OF_REGION = ["region"]
# What the lamp says when somebody knows it.
LINK_IS_UP = {LinkState.OPEN: 1.0, LinkState.CLOSED: 0.0}


class FleetMetrics(Collector):
    """The state of some regions at a moment, the queues and the pages' times."""

    def __init__(self, regions: QuerySet[Region], now: datetime, counter: Counter) -> None:
        self._regions = regions
        self._now = now
        self._counter = counter

    def collect(self) -> Iterator[Metric]:
        rows = review(today(self._now), self._now, self._regions).rows
        yield from _of_regions(rows, self._now)
        yield from self._of_collections()
        yield self._of_tunnels()
        yield from self._of_redis()

    def _of_collections(self) -> Iterator[Metric]:
        last = GaugeMetricFamily(
            "fleet_collection_seconds", "How long the last collection took.", labels=OF_REGION
        )
        ended = GaugeMetricFamily(
            "fleet_collections_last_hour",
            f"Collections that ended within the last hour, by failure ({SUCCEEDED}: succeeded).",
            labels=["failure"],
        )
        of_regions = Collection.objects.filter(region__in=self._regions)
        latest = of_regions.order_by("region_id", "-started_at").distinct("region_id")
        recent = of_regions.filter(started_at__gte=self._now - 24 * AN_HOUR)
        for code, began, finished in latest.filter(pk__in=recent.values("pk")).values_list(
            "region__code", "started_at", "finished_at"
        ):
            last.add_metric([code], (finished - began).total_seconds())
        counts = of_regions.filter(
            started_at__gte=self._now - 2 * AN_HOUR, finished_at__gte=self._now - AN_HOUR
        )
        for failure, n in counts.order_by().values_list("failure").annotate(n=Count("pk")):
            ended.add_metric([failure or SUCCEEDED], n)
        yield last
        yield ended

    def _of_tunnels(self) -> Metric:
        tunnels = GaugeMetricFamily(
            "fleet_tunnels", "Tunnels of the keeper, by state.", labels=["state"]
        )
        found = TunnelState.objects.filter(path__region__in=self._regions).order_by()
        for state, n in found.values_list("state").annotate(n=Count("pk")):
            tunnels.add_metric([state], n)
        return tunnels

    def _of_redis(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("fleet_redis_up", "Whether Redis answered this scrape.")
        try:
            lengths, times = self._counter.queue_lengths(QUEUES), self._counter.times()
        except redis.RedisError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        queues = GaugeMetricFamily(
            "fleet_queue_length", "Tasks of Celery that wait.", labels=["queue"]
        )
        for queue, n in lengths.items():
            queues.add_metric([queue], n)
        yield queues
        yield _page_seconds(times)


def _of_regions(rows: Iterable[RegionDay], now: datetime) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "fleet_region_data_age_seconds", "How old the region's numbers are.", labels=OF_REGION
    )
    link = GaugeMetricFamily(
        "fleet_region_link_up", "Whether the region can be reached.", labels=OF_REGION
    )
    mark = GaugeMetricFamily(
        "fleet_region_mark", "1 for the mark of the region's day.", labels=["region", "mark"]
    )
    counts = {
        name: GaugeMetricFamily(f"fleet_region_{name}_today", text, labels=OF_REGION)
        for name, text in (
            ("received", "Studies received on the region's running day."),
            ("failed", "Answers of that day that failed."),
            ("pending", "Answers of that day that are awaited."),
        )
    }
    latency = GaugeMetricFamily(
        "fleet_region_latency_p95_seconds", "Of that day's answers.", labels=OF_REGION
    )
    for row in rows:
        code = row.region.code
        mark.add_metric([code, row.mark.value], 1)
        if row.known_as_of is not None:
            age.add_metric([code], (now - row.known_as_of).total_seconds())
        if (is_up := LINK_IS_UP.get(row.link.state)) is not None:
            link.add_metric([code], is_up)
        if row.counts and row.numbers is not None:
            for name, family in counts.items():
                family.add_metric([code], getattr(row.numbers, f"n_{name}"))
            if row.numbers.latency_p95_s is not None:
                latency.add_metric([code], row.numbers.latency_p95_s)
    yield from (age, link, mark, *counts.values(), latency)


def _page_seconds(times: dict[str, Times]) -> Metric:
    family = HistogramMetricFamily(
        "fleet_page_seconds", "How long pages took the server.", labels=["view"]
    )
    for view, of_view in sorted(times.items()):
        so_far, buckets = 0, []
        for bound, n in zip((*BOUNDS, "+Inf"), of_view.counts, strict=True):
            so_far += n
            buckets.append((str(bound), so_far))
        family.add_metric([view], buckets, of_view.sum_s)
    return family
