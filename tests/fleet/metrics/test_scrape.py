from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fleet.api.models import ApiToken, Scope
from fleet.clock import now
from regions.models import Collection, FailureKind
from tests.builders import make_path, make_person, make_region, make_tunnel
from tests.fleet.api.test_views import make_live_region

pytestmark = pytest.mark.django_db


@pytest.fixture
def scrape(client):
    """Return a function: () -> the samples as {(name, region or its only label): value}."""
    person = make_person("prometheus")
    token = ApiToken.create(person, "scrape", now(), timedelta(days=1), [Scope.METRICS])

    def ask() -> dict[tuple[str, str], float]:
        answer = client.get("/metrics", headers={"authorization": f"Bearer {token}"})
        families = text_string_to_metric_families(answer.content.decode())
        samples = [sample for family in families for sample in family.samples]
        return {
            (one.name, one.labels.get("region") or next(iter(one.labels.values()), "")): one.value
            for one in samples
        }

    return ask


def test_it_gives_what_is_known(scrape):
    make_live_region()

    found = scrape()

    assert found["fleet_region_received_today", "tver"] == 120
    assert found["fleet_region_link_up", "tver"] == 1
    assert 0 <= found["fleet_region_data_age_seconds", "tver"] < 60


def test_it_leaves_out_what_nobody_knows(scrape):
    make_path(make_region("omsk"))

    named = {name for name, region in scrape() if region == "omsk"}

    assert named == {"fleet_region_mark"}


def test_it_tells_of_collections_and_tunnels(scrape):
    region, moment = make_live_region(), now()
    for seconds, ago, failure in ((3, 90, ""), (2, 30, FailureKind.LINK)):
        began = moment - timedelta(seconds=ago)
        finished = began + timedelta(seconds=seconds)
        Collection.objects.create(
            region=region, started_at=began, finished_at=finished, failure=failure
        )
    make_tunnel(region.paths.get(), since=moment, seen_at=moment)

    found = scrape()

    assert found["fleet_collection_seconds", "tver"] == 2
    assert found["fleet_collections_last_hour", "link"] == 1
    assert found["fleet_collections_last_hour", "none"] == 1
    assert found["fleet_tunnels", "open"] == 1


@pytest.mark.parametrize("n", [3, 30])
def test_it_asks_the_same_number_of_questions(scrape, n, django_assert_num_queries):
    for i in range(n):
        make_live_region(f"r{i}")

    # Three for the token and its owner, six of the review, two of collections, one of tunnels.
    with django_assert_num_queries(12):
        scrape()
