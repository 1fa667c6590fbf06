"""A region that writes HTML, SQL, marks of direction and a megabyte into each of its text columns,
through the whole chain: programs get text, a little of it, in the shape that is described."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml

from fleet.api.models import ApiToken, Scope
from fleet.clock import now
from regions.collect import collect
from regions.localday import day_bounds, local_day
from tests.browser.test_hostile_region import HOSTILE, fill_with_hate
from tests.fleet.api.test_openapi import FILE, faults

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
DESCRIBED = yaml.safe_load(FILE.read_text())
# The longest text that a region may put into one cell of the center.
LONGEST_TEXT = 500


@pytest.fixture
def day(transactional_db, region_database, make_region):
    database = region_database("tver")
    region = make_region(database, name="Tver")
    day = local_day(now(), region.zone) - timedelta(days=1)
    noon = day_bounds(day, region.zone)[0] + timedelta(hours=12)
    for status in ("done", "failed", "rejected", HOSTILE):
        database.insert_study(noon, status=status, scores=[0.9], attempt={"error_class": "oom"})
    database.insert_rejection(noon)
    fill_with_hate(database)
    assert collect(region, now(), is_sweep=True).sentence == ""
    return day


def texts(answer: object) -> list[str]:
    """Return every text of a JSON answer."""
    if isinstance(answer, dict):
        return [text for value in answer.values() for text in texts(value)]
    if isinstance(answer, list):
        return [text for value in answer for text in texts(value)]
    return [answer] if isinstance(answer, str) else []


def test_the_review_of_its_day_is_text_and_short(get, day):
    response = get(f"review/{day}/")

    assert faults(DESCRIBED, "/api/v1/review/{day}/", response) == []
    said = texts(response.json())
    assert any("<img" in text for text in said)
    assert max(len(text) for text in said) <= LONGEST_TEXT


def test_every_other_answer_is_as_described(get, day):
    asked = {
        "/api/v1/regions/": get("regions/"),
        "/api/v1/regions/{code}/hourly/": get("regions/tver/hourly/", **{"from": day, "to": day}),
    }

    assert [faults(DESCRIBED, path, one) for path, one in asked.items()] == [[], []]


def test_the_metrics_hold_none_of_its_text(client, get, token, day):
    ApiToken.objects.update(scopes=list(Scope))

    said = client.get("/metrics", headers={"authorization": f"Bearer {token}"}).content.decode()

    assert 'region="tver"' in said
    assert "img" not in said
