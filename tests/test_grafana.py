"""The dashboard of Grafana asks for what exists: metrics that are given, SQL that runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from fleet.clock import now
from fleet.demo.valkey import Valkey
from fleet.metrics.pages import Counter
from fleet.metrics.scrape import FleetMetrics
from regions.collect import collect
from regions.models import Region
from regions.union import rebuild_union

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
FILE = Path(__file__).parents[1] / "deploy" / "grafana" / "fleet.json"
# As Grafana writes its macro: a time that the reader chose.
TIME_FILTER = re.compile(r"\$__timeFilter\((\w+)\)")
# As Grafana writes the region that the reader chose, in quotes.
REGION = "${region:sqlstring}"
OUR_METRIC = re.compile(r"\bfleet_\w+")


def panels() -> Iterator[dict[str, Any]]:
    """Yield the panels, those of folded rows too; not the rows."""
    for panel in json.loads(FILE.read_text())["panels"]:
        yield from panel["panels"] if panel["type"] == "row" else [panel]


def targets(kind: str) -> Iterator[dict[str, Any]]:
    for panel in panels():
        for target in panel["targets"]:
            if target["datasource"]["type"] == kind:
                yield target


def test_every_metric_is_given(valkey: Valkey) -> None:
    metrics = FleetMetrics(Region.objects.all(), now(), Counter(valkey.url))
    registry = CollectorRegistry()
    registry.register(metrics)
    names = {metric.name for metric in registry.collect()}

    asked = {name for one in targets("prometheus") for name in OUR_METRIC.findall(one["expr"])}

    assert {name.removesuffix("_bucket") for name in asked} - names == set()
    assert asked


def test_every_question_runs_as_the_role_for_them(
    region_database: Callable[..., Any],
    make_region: Callable[..., Region],
    adhoc_connection: psycopg.Connection[Any],
) -> None:
    database = region_database("tver")
    database.insert_study(now())
    assert collect(make_region(database), now()).sentence == ""
    rebuild_union(now(), is_forced=True)

    questions = [
        TIME_FILTER.sub(r"\1 > now() - interval '6 h'", t["rawSql"]).replace(REGION, "'tver'")
        for t in targets("postgres")
    ]

    assert [len(adhoc_connection.execute(one.encode()).fetchall()) for one in questions] == [
        1,
        1,
        1,
    ]


def test_every_panel_has_its_place_and_source() -> None:
    dashboard = json.loads(FILE.read_text())
    sources = {
        f"${{{one['name']}}}"
        for one in dashboard["templating"]["list"]
        if one["type"] == "datasource"
    }

    places = [panel["gridPos"] for panel in panels()]
    assert {panel["datasource"]["uid"] for panel in panels()} == sources
    assert len({(one["x"], one["y"]) for one in places}) == len(places)
    assert all(one["x"] + one["w"] <= 24 for one in places)


def test_it_asks_a_region_only_when_a_reader_opens_it() -> None:
    shown = [panel for panel in json.loads(FILE.read_text())["panels"] if panel["type"] != "row"]
    asks = [target.get("rawSql", "") for panel in shown for target in panel["targets"]]
    live = [one["rawSql"] for one in targets("postgres") if "union_coverage" not in one["rawSql"]]

    assert [one for one in asks if one and "union_coverage" not in one] == []
    assert [f"region_code = {REGION}" in one for one in live] == [True, True]
