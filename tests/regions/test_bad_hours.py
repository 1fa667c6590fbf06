"""A region whose counts of an hour are nonsense is blamed, and what is known of it stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from regions.collect import collect
from regions.models import FailureKind, HourlyRollup, Region

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
NONSENSE = {
    "no list": '{"p": "mammo"}',
    "a word for a number": '[{"p": "m", "v": "1", "m": "MG", "n": "many"}]',
    "a number missing": '[{"p": "m", "v": "1", "m": "MG", "d": 1}]',
    "a number too big": '[{"p": "m", "v": "1", "m": "MG", "n": 99999999999}]',
    "a text": '"nothing"',
    "a bin that is not there": '[{"p": "m", "v": "1", "m": "MG", "n": 1, "d": 1, "f": 0, "r": 0,'
    ' "q": 0, "u": 0, "b": 0, "x": 0, "l": "500:1", "w": ""}]',
    "no histogram": '[{"p": "m", "v": "1", "m": "MG", "n": 1, "d": 1, "f": 0, "r": 0,'
    ' "q": 0, "u": 0, "b": 0, "x": 0, "l": "one and two", "w": ""}]',
}
OVERLAY = """
ALTER VIEW fleet_contract.hour_check RENAME TO check_as_it_was;
CREATE VIEW fleet_contract.hour_check AS SELECT region_code, utc_day, hour, n, fingerprint, major,
  minor, site_tz, provides, region_now, server_version, utc_offset_s, columns_hash,
  latest_received_at, version, n_received, n_filtered, n_capped,
  CASE WHEN flow IS NOT NULL THEN '{}'::json END AS flow, outputs, causes,
  first_hour, n_hours
FROM fleet_contract.check_as_it_was
"""


@pytest.fixture
def region(make_region: Callable[..., Region], region_database: Callable[..., Any]) -> Any:
    """A region of which one study is known and a second is not; `.database` is its own."""
    database = region_database()
    region = make_region(database)
    database.insert_study(datetime.now(UTC))
    assert collect(region, datetime.now(UTC)).sentence == ""
    database.insert_study(datetime.now(UTC))
    region.database = database
    return region


def overlay(region: Any, flow: str) -> None:
    region.database.execute(OVERLAY.replace("{}", flow))
    region.database.execute(
        f"GRANT SELECT ON fleet_contract.hour_check TO {region.database.reader}"
    )


@pytest.mark.parametrize("flow", NONSENSE.values(), ids=list(NONSENSE))
def test_it_blames_the_region_and_keeps_what_it_knows(region: Any, flow: str) -> None:
    overlay(region, flow)

    failed = collect(region, datetime.now(UTC))

    assert failed.failure == FailureKind.CONTRACT
    assert "values that do not fit" in failed.sentence
    assert sum(HourlyRollup.objects.values_list("n_received", flat=True)) == 1


def test_it_goes_on_when_the_view_is_mended(region: Any) -> None:
    overlay(region, NONSENSE["no list"])
    collect(region, datetime.now(UTC))
    region.database.execute(
        "DROP VIEW fleet_contract.hour_check;"
        "ALTER VIEW fleet_contract.check_as_it_was RENAME TO hour_check"
    )

    assert collect(region, datetime.now(UTC)).sentence == ""
    assert sum(HourlyRollup.objects.values_list("n_received", flat=True)) == 2
