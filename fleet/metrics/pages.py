"""How long pages take, counted in Redis for all web processes together.

A request never waits for the count, and never fails for it: what Redis does not take is lost.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import cast

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "fleet-page-seconds"
# Upper bounds in seconds; the last bucket has none.
BOUNDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TIMEOUT_S = 0.2
# How long Redis is left alone after it did not answer.
PAUSE_S = 10.0
SUM = "sum"


@dataclass
class Times:
    """The times of one view: how many per bucket of BOUNDS and beyond, and their sum in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    sum_s: float = 0.0


class Counter:
    """Counts page times in one Redis; silent for a while after a failure."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._silent_until = 0.0

    def count(self, view: str, seconds: float) -> None:
        """Add one page, unless Redis failed a short while ago."""
        if time.monotonic() < self._silent_until:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.hincrby(KEY, f"{view} {bisect_left(BOUNDS, seconds)}", 1)
                pipeline.hincrbyfloat(KEY, f"{view} {SUM}", seconds)
                pipeline.execute()
        except redis.RedisError:
            self._silent_until = time.monotonic() + PAUSE_S

    def times(self) -> dict[str, Times]:
        """Return the times by view. Raises redis.RedisError."""
        found: dict[str, Times] = defaultdict(Times)
        for name, value in cast(Mapping[str, str], self._redis.hgetall(KEY)).items():
            view, _space, part = name.rpartition(" ")
            if part == SUM:
                found[view].sum_s = float(value)
            else:
                found[view].counts[int(part)] = int(value)
        return dict(found)

    def queue_lengths(self, queues: tuple[str, ...]) -> dict[str, int]:
        """Return how many tasks wait in each queue of Celery. Raises redis.RedisError."""
        with self._redis.pipeline(transaction=False) as pipeline:
            for queue in queues:
                pipeline.llen(queue)
            return dict(zip(queues, pipeline.execute(), strict=True))


@cache
def counter() -> Counter:
    """Return this process's one counter."""
    return Counter(settings.FLEET_REDIS_URL)


def time_pages(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware that counts how long each page took, by the name of its view."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        # Without a name there is no page: nothing that a visitor types becomes a label.
        if request.resolver_match and request.resolver_match.view_name:
            counter().count(request.resolver_match.view_name, time.perf_counter() - began)
        return response

    return answer
