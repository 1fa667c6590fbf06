"""The rig itself: what the other tests stand on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection

from fleet.demo.postgres import Cluster

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 2, 12, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_it_logs_in_as_the_collecting_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")

        assert cursor.fetchone() == ("fleet_collect",)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_it_empties_the_tables_after_a_transactional_test(turn: int) -> None:
    assert not User.objects.exists()

    User.objects.create_user("oncall")


def test_it_gives_web_requests_no_write_to_rollups(web_connection: Any) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web_connection.execute("DELETE FROM regions_dailyrollup")


def test_it_makes_ad_hoc_sessions_read_only(adhoc_connection: Any) -> None:
    assert adhoc_connection.execute("SHOW transaction_read_only").fetchone() == ("on",)


def test_it_counts_a_study_in_both_versions(
    region_database: Callable[..., Any], each_region_cluster: Cluster
) -> None:
    database = region_database(cluster=each_region_cluster)
    now = datetime.now(UTC)
    database.insert_study(now, scores=[0.2, 0.7])
    database.insert_rejection(now)

    with psycopg.connect(database.url) as reader:
        counts = reader.execute(
            "SELECT n_received, n_filtered FROM fleet_contract.hourly WHERE n_received > 0"
        ).fetchall()

    assert counts == [(1, 1)]


def test_it_keeps_two_regions_apart(region_database: Callable[..., Any]) -> None:
    one, two = region_database("one"), region_database("two", "Asia/Kathmandu")
    one.insert_study(NOON)

    assert two.execute("SELECT count(*) FROM fleet_contract.study") == [(0,)]
    assert two.execute("SELECT region_code, site_tz FROM fleet_contract.contract_info") == [
        ("two", "Asia/Kathmandu")
    ]


def test_it_leads_a_region_to_its_database(
    make_region: Callable[..., Any], region_database: Callable[..., Any]
) -> None:
    database = region_database()

    region = make_region(database)

    assert region.paths.get().endpoint == ("127.0.0.1", database.cluster.port)
