"""The list of studies against the rows of the region, through the whole chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from fleet.clock import now
from fleet.demo.ssh import SshServer
from regions import studies
from regions.answers import Answer, Key, Order, Outcome
from regions.collect import collect
from regions.localday import day_bounds
from regions.models import Region
from regions.studies import SHIP_IT_ALL, statement_of, study_page
from tests.regions.faults_rig import SOCKET, await_true, keeper_process
from tests.rig.region_database import RegionDatabase
from tests.rig.regions import lead_through
from tests.rig.study_truth import expected, fill_day

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
FILTERS = [{}, {"class_code": "malignancy"}, {"model_code": "net"}]


@pytest.fixture
def database(region_database: Callable[..., RegionDatabase]) -> RegionDatabase:
    return region_database()


@pytest.fixture
def region(database: RegionDatabase, make_region: Callable[..., Region]) -> Region:
    """A region behind a direct path, collected, so that its foreign tables are there."""
    region = make_region(database)
    assert collect(region, now()).sentence == ""
    return region


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "PAGE_SIZE", 7)


def pages(region: Region, order: Order, **filters: str) -> Iterator[tuple[Answer, ...]]:
    after: Key | None = None
    while True:
        page = study_page(region, DAY, order, after=after, **filters)
        yield page.answers
        if page.after is None:
            return
        after = Key.parse(str(page.after), order)


def walk(region: Region, order: Order, **filters: str) -> list[tuple[str, str]]:
    found = [answer for page in pages(region, order, **filters) for answer in page]
    return [(answer.study_ref, answer.pipeline) for answer in found]


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("order", Order)
def test_it_lists_what_the_regions_rows_say(
    database: RegionDatabase,
    region: Region,
    small_pages: None,
    order: Order,
    filters: dict[str, str],
) -> None:
    fill_day(database, NOON, 110)

    truth = expected(database, day_bounds(DAY, region.zone), order, **filters)

    assert len(truth) > 8
    assert walk(region, order, **filters) == truth


def test_it_lists_the_same_from_every_version_of_postgresql(
    region_database: Callable[..., RegionDatabase],
    make_region: Callable[..., Region],
    each_region_cluster: Any,
) -> None:
    database = region_database(cluster=each_region_cluster)
    fill_day(database, NOON, 30)
    region = make_region(database)
    collect(region, now())

    for order in Order:
        truth = expected(database, day_bounds(DAY, region.zone), order)
        assert walk(region, order) == truth


def test_it_reads_through_a_tunnel(
    database: RegionDatabase,
    make_region: Callable[..., Region],
    ssh_server: Callable[..., SshServer],
    server_folder: Path,
) -> None:
    fill_day(database, NOON, 12)
    region = make_region(database)
    path = lead_through(region, ssh_server(("127.0.0.1", database.cluster.port)))
    path.database_port = database.cluster.port
    path.save()
    keeper = keeper_process(server_folder)
    keeper.start()
    try:
        await_true((path.socket_folder / SOCKET).exists)
        assert collect(region, now()).sentence == ""
        truth = expected(database, day_bounds(DAY, region.zone), Order.LATEST)
        assert walk(region, Order.LATEST) == truth
    finally:
        keeper.stop()


def test_it_neither_repeats_nor_skips_while_studies_arrive(
    database: RegionDatabase, region: Region, small_pages: None
) -> None:
    fill_day(database, NOON, 30)
    before = expected(database, day_bounds(DAY, region.zone), Order.LATEST)
    found = []
    for n, page in enumerate(pages(region, Order.LATEST)):
        found += [(answer.study_ref, answer.pipeline) for answer in page]
        database.insert_study(NOON + timedelta(hours=6, seconds=n))

    assert found == before


def test_it_neither_repeats_nor_skips_equal_values(
    database: RegionDatabase, region: Region, small_pages: None
) -> None:
    refs = [database.insert_study(NOON, scores=[0.5]) for _ in range(20)]

    for order in (Order.LATEST, Order.SLOWEST, Order.SCORE):
        assert [ref for ref, _pipeline in walk(region, order)] == refs[::-1]


@pytest.mark.parametrize("order", Order)
def test_it_lets_the_region_do_the_work(
    region: Region, studies_connection: psycopg.Connection[Any], order: Order
) -> None:
    for step in SHIP_IT_ALL:
        studies_connection.execute(f"SET enable_{step} = off".encode())
    schema = sql.Identifier(region.foreign_schema)
    statement = sql.SQL("EXPLAIN (VERBOSE, COSTS off) " + statement_of(order)).format(schema=schema)
    bounds = dict(zip(("starts_at", "ends_at"), day_bounds(DAY, region.zone), strict=True))
    key = {"after_value": None, "after_study": None, "after_attempt": None}
    params = {**bounds, **key, "class_code": "mass", "model_code": "cad", "n": 51}
    plan = [row[0] for row in studies_connection.execute(statement, params)]

    (remote,) = [line for line in plan if "Remote SQL" in line]
    assert "received_at >= '2026-03-09 21:00:00+00'" in remote
    assert "class_code = 'mass'" in remote
    assert "GROUP BY" in remote
    assert "ORDER BY" in remote.partition("GROUP BY")[2]
    assert [line for line in plan if "Sort" in line or "Filter:" in line] == []


def test_it_keeps_to_the_local_day(database: RegionDatabase, region: Region) -> None:
    starts_at, ends_at = day_bounds(DAY, region.zone)
    second = timedelta(seconds=1)
    for moment in (starts_at - second, ends_at):
        database.insert_study(moment)
    inside = [database.insert_study(moment) for moment in (starts_at, ends_at - second)]

    assert [ref for ref, _pipeline in walk(region, Order.LATEST)] == inside[::-1]


def test_it_tells_an_answer_as_it_is(database: RegionDatabase, region: Region) -> None:
    database.insert_study(
        NOON,
        scores=[0.2, 0.7],
        latency=timedelta(seconds=90),
        attempt={"attempt_no": 2, "fallback_kind": "cpu", "error_class": None},
    )

    (answer,) = study_page(region, DAY).answers

    assert (answer.outcome, answer.n_attempt, answer.fallback_kind) == (Outcome.DONE, 2, "cpu")
    assert (answer.latency_s, answer.wait_s) == (90, 9)
    assert (answer.modality, answer.device, answer.version) == ("MG", "Acme M1", "2.4.1")
    assert answer.top
    assert (answer.top.class_code, answer.top.score, answer.top.is_positive) == (
        *("malignancy", 0.7, True),
    )


def test_it_calls_a_study_without_an_attempt_pending(
    database: RegionDatabase, region: Region
) -> None:
    database.insert_study(NOON, status=None)

    (answer,) = study_page(region, DAY).answers

    assert (answer.outcome, answer.pipeline, answer.latency_s) == (Outcome.PENDING, "", None)


def test_it_cuts_long_texts_in_the_region(database: RegionDatabase, region: Region) -> None:
    huge = "<b>‮" + "x" * 200_000
    database.insert_study(
        NOON,
        study_ref=huge,
        modality=huge,
        manufacturer=huge,
        status=huge,
        attempt={"pipeline_code": huge, "error_class": huge, "device_ref": huge},
    )

    page = study_page(region, DAY)

    (answer,) = page.answers
    assert (len(answer.study_ref), len(answer.modality), len(answer.node)) == (200, 16, 64)
    assert answer.study_ref.startswith("<b>‮x")
