"""What is counted in Redis, with a real one."""

from __future__ import annotations

import pytest
import redis
from prometheus_client import CollectorRegistry

from fleet.clock import now
from fleet.demo.servers import LOOPBACK, free_port
from fleet.metrics import pages
from fleet.metrics.pages import Counter
from fleet.metrics.scrape import FleetMetrics
from regions.models import Region

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
OF_DAY = {"view": "day"}


@pytest.fixture
def counter(valkey) -> Counter:
    with redis.Redis.from_url(valkey.url) as server:
        server.flushdb()
    return Counter(valkey.url)


def registry(counter: Counter) -> CollectorRegistry:
    found = CollectorRegistry()
    found.register(FleetMetrics(Region.objects.all(), now(), counter))
    return found


def test_it_counts_pages_of_all_processes_together(counter, valkey):
    counter.count("day", 0.04)
    Counter(valkey.url).count("day", 0.3)
    counter.count("day", 60)
    counter.count("region", 0.1)

    found = registry(counter)

    assert found.get_sample_value("fleet_page_seconds_count", OF_DAY) == 3
    assert found.get_sample_value("fleet_page_seconds_sum", OF_DAY) == pytest.approx(60.34)
    at_most = {
        bound: found.get_sample_value("fleet_page_seconds_bucket", {**OF_DAY, "le": bound})
        for bound in ("0.025", "0.05", "0.5", "10.0", "+Inf")
    }
    assert at_most == {"0.025": 0, "0.05": 1, "0.5": 2, "10.0": 2, "+Inf": 3}


def test_it_measures_the_queues(counter, valkey):
    with redis.Redis.from_url(valkey.url) as server:
        server.rpush("collect", "a task", "another")

    found = registry(counter)

    assert found.get_sample_value("fleet_redis_up") == 1
    assert found.get_sample_value("fleet_queue_length", {"queue": "collect"}) == 2
    assert found.get_sample_value("fleet_queue_length", {"queue": "default"}) == 0


def test_a_silent_redis_costs_no_page_and_invents_nothing():
    counter = Counter(f"redis://{LOOPBACK}:{free_port()}/0")

    counter.count("day", 0.1)
    found = registry(counter)

    assert found.get_sample_value("fleet_redis_up") == 0
    assert found.get_sample_value("fleet_queue_length", {"queue": "collect"}) is None


def test_it_names_views_and_nothing_that_a_visitor_types(counter, valkey, settings, client):
    settings.FLEET_REDIS_URL = valkey.url
    pages.counter.cache_clear()
    client.get("/")
    client.get("/day/2026-03-10/?q=Ivanova")
    client.get("/nothing/Ivanova/")
    pages.counter.cache_clear()

    assert counter.times().keys() == {"index", "day"}
