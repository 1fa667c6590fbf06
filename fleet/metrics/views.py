"""The address that Prometheus scrapes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from fleet import clock
from fleet.api.access import for_bearers
from fleet.api.models import Scope
from fleet.metrics.pages import counter
from fleet.metrics.scrape import FleetMetrics
from fleet.people.rights import visible_regions


@for_bearers(Scope.METRICS)
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the metrics of the regions that the token's owner may see."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FleetMetrics(visible_regions(request.user), clock.now(), counter()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
