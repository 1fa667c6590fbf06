"""What a region must be before anything is read from it, and what is said when it is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet.clock import now
from regions.collect import collect
from regions.credentials import seal
from regions.models import AccessPath, Region, RegionStatus
from tests.rig.region_database import RegionDatabase

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
NOW = now()
INFO = (
    "CREATE OR REPLACE VIEW fleet_contract.contract_info AS SELECT {major} AS major, 0 AS minor,"
    " {code}::text AS region_code, NULL::text AS site_code, clock_timestamp() AS db_now,"
    " {zone}::text AS site_tz, {provides}::text[] AS provides, NULL::text AS source_system,"
    " NULL::text AS source_version WHERE {is_there}"
)
GOOD = {
    "major": "1",
    "code": "'alpha'",
    "zone": "'Europe/Moscow'",
    "provides": "'{study,processing,prediction}'",
    "is_there": "true",
}
WRONG_INFO = [
    (
        {"major": "2"},
        "The region has contract 2.0; we understand version 1."
        " Install that version (manage.py contract_sql).",
    ),
    (
        {"code": "'beta'"},
        "This database says that it is “beta”, not “alpha”:"
        " the path leads to the wrong region, or contract_info is wrong.",
    ),
    (
        {"code": "NULL"},
        "This database says that it is “None”, not “alpha”:"
        " the path leads to the wrong region, or contract_info is wrong.",
    ),
    (
        {"zone": "'Asia/Omsk'"},
        "The region's zone is Asia/Omsk there and Europe/Moscow here. Make them equal.",
    ),
    (
        {"provides": "'{study}'"},
        "contract_info.provides lacks prediction, processing: overlay them and say so.",
    ),
    (
        {"provides": "NULL"},
        "contract_info.provides lacks prediction, processing, study: overlay them and say so.",
    ),
    ({"is_there": "false"}, "contract_info has no row: the overlay is not installed."),
]
BROKEN_VIEWS = [
    (
        "ALTER VIEW fleet_contract.study RENAME kvp TO kilovolts",
        "The region's view study has no column kvp. Add it to the overlay.",
    ),
    (
        "ALTER VIEW fleet_contract.study RENAME n_series TO old;"
        " ALTER VIEW fleet_contract.study RENAME size_bytes TO n_series",
        "Column study.n_series of the region is bigint; the contract needs integer.",
    ),
    (
        "DROP VIEW fleet_contract.hourly",
        "The region's view hourly has no column region_code. Add it to the overlay.",
    ),
    (
        "DROP SCHEMA fleet_contract CASCADE",
        "The region has no contract of version 1: install it (manage.py contract_sql).",
    ),
]


@pytest.fixture
def database(region_database: Callable[..., RegionDatabase]) -> RegionDatabase:
    return region_database("alpha", "Europe/Moscow")


@pytest.fixture
def region(database: RegionDatabase, make_region: Callable[..., Region]) -> Region:
    return make_region(database)


def outcome(region: Region) -> tuple[str, str]:
    """Collect and return the kind and the sentence of the failure."""
    run = collect(Region.objects.get(pk=region.pk), NOW)
    return run.failure, run.sentence


@pytest.mark.parametrize(("facts", "sentence"), WRONG_INFO)
def test_it_refuses_what_a_region_says_of_itself(
    facts: dict[str, str], sentence: str, database: RegionDatabase, region: Region
) -> None:
    database.execute(INFO.format(**{**GOOD, **facts}))

    assert outcome(region) == ("contract", sentence)


@pytest.mark.parametrize(("statement", "sentence"), BROKEN_VIEWS)
def test_it_names_the_column_that_was_lost_since(
    statement: str, sentence: str, database: RegionDatabase, region: Region
) -> None:
    collect(region, NOW)
    database.execute(statement)

    assert outcome(region) == ("contract", sentence)


def test_it_names_the_column_that_was_never_there(database: RegionDatabase, region: Region) -> None:
    database.execute("ALTER VIEW fleet_contract.prediction RENAME score TO value")

    assert outcome(region) == (
        "contract",
        "The region's view prediction has no column score. Add it to the overlay.",
    )


def test_it_welcomes_a_further_column(database: RegionDatabase, region: Region) -> None:
    collect(region, NOW)
    view = database.execute("SELECT pg_get_viewdef('fleet_contract.event_log'::regclass)")[0][0]
    wider = view.replace("WHERE", ", 1 AS colour WHERE", 1)
    database.execute(f"CREATE OR REPLACE VIEW fleet_contract.event_log AS {wider}")

    assert outcome(region) == ("", "")


def test_it_refuses_a_region_whose_clock_is_wrong(database: RegionDatabase, region: Region) -> None:
    facts = database.execute(
        "SELECT pg_get_functiondef('fleet_contract.facts_of_region'::regproc)"
    )[0][0]
    ahead = facts.replace("clock_timestamp()", "clock_timestamp() + interval '1 hour'")
    database.execute(ahead)

    assert outcome(region) == (
        "region_error",
        "The region's clock is off by +3600 s. Set it (NTP).",
    )


def test_it_goes_on_when_the_contract_is_right_again(
    database: RegionDatabase, region: Region
) -> None:
    database.insert_study(NOW)
    database.execute(INFO.format(**{**GOOD, "major": "2"}))
    refused = outcome(region)
    database.execute(INFO.format(**GOOD))

    assert [refused[0], outcome(region)] == ["contract", ("", "")]


def test_it_keeps_what_the_region_said(database: RegionDatabase, region: Region) -> None:
    database.insert_study(NOW)
    collect(region, NOW)

    status = RegionStatus.objects.get()
    assert status.provides == "study,processing,prediction,input_rejection"
    assert (status.contract_minor, status.latest_received_at) == (0, NOW)
    assert status.server_version == database.connection.info.server_version
    assert abs(status.clock_skew_s) < 5


def test_it_says_that_a_region_has_no_path(region: Region) -> None:
    AccessPath.objects.update(is_enabled=False)

    assert outcome(region) == (
        "no_path",
        "The region has no path: its data are carried by hand.",
    )


def test_it_says_that_the_password_is_wrong(region: Region) -> None:
    Region.objects.update(database_password=seal("wrong"))

    assert outcome(region) == (
        "auth",
        "The database refuses the reader's password. Set the right one.",
    )


def test_it_names_the_variable_that_holds_no_password(region: Region) -> None:
    Region.objects.update(database_password="env:FLEET_NOWHERE")

    kind, sentence = outcome(region)

    assert kind == "configuration"
    assert "FLEET_NOWHERE" in sentence
