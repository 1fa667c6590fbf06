from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fleet.review.asked import Asked
from fleet.review.day import review
from fleet.review.sign_cells import signs
from fleet.review.signing import shown_token, sign
from fleet.review.table import COLUMNS, Flavour, table
from regions.models import DailyRollup, FailureKind, Region, RegionStatus
from tests.builders import NOW, TODAY, make_cause, make_daily, make_healthy_region, make_person

pytestmark = pytest.mark.django_db
EXCEL = Flavour.excel("ru")
HOSTILE = '=HYPERLINK("http://x")\r\n<b>\u202e;,\t@\0'


def written(asked: Asked | None = None, flavour: Flavour | None = None) -> str:
    found = review(TODAY, NOW, Region.objects.order_by("code"))
    reader = make_person("reader")
    return table(found, asked or Asked(), signs(reader, found, NOW), flavour or Flavour())


def rows(asked: Asked | None = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written(asked), newline=""), strict=True))


def test_it_writes_a_line_for_each_region():
    make_healthy_region("tver", n_received=1412)
    make_healthy_region("omsk", time_zone="Asia/Omsk")

    omsk, tver = sorted(rows(), key=lambda row: row["region"])

    assert (tver["studies"], tver["failed_share"], tver["latency_p95_s"]) == ("1412", "0", "60")
    assert (omsk["day_starts_utc"], omsk["day_starts_local"]) == (
        "2026-03-09 18:00:00Z",
        "2026-03-10 00:00:00+06:00",
    )


def test_it_writes_moments_that_parse():
    make_healthy_region()
    (row,) = rows()

    for name in ("known_as_of", "day_starts", "day_ends"):
        utc, local = (datetime.fromisoformat(row[f"{name}_{end}"]) for end in ("utc", "local"))
        assert utc == local


def test_it_leaves_stale_numbers_empty():
    make_healthy_region()
    RegionStatus.objects.update(last_success_at=NOW - timedelta(hours=7))
    (row,) = rows()

    assert row["stale_hours"] == "7"
    assert row["time_zone"] == "Europe/Moscow"
    assert {row[name] for name in COLUMNS[COLUMNS.index("studies") :]} == {"", "nothing"}


def test_it_passes_the_same_filter():
    for code in ("tver", "omsk"):
        make_healthy_region(code)

    assert [row["region"] for row in rows(Asked(q="OMS"))] == ["omsk"]


def test_it_says_who_signed():
    region = make_healthy_region()
    make_daily(region, TODAY - timedelta(days=1))
    (row,) = review(TODAY - timedelta(days=1), NOW, Region.objects.all()).rows
    anna = make_person("anna")
    sign(anna, row, TODAY - timedelta(days=1), shown_token(row), NOW)
    found = review(TODAY - timedelta(days=1), NOW, Region.objects.all())

    said = table(found, Asked(), signs(anna, found, NOW), Flavour()).splitlines()[1]

    assert said.endswith(',signed,"anna, 10:00"')


def test_it_opens_in_a_russian_excel():
    make_healthy_region()
    head, line = written(flavour=EXCEL).splitlines()

    assert head.startswith("\ufeffdate;region;name;")
    assert ";0,1;" in line
    assert "," not in Flavour.excel("en").decimal


def test_it_lets_no_region_write_a_formula():
    make_healthy_region(name=HOSTILE.replace("\0", ""))
    RegionStatus.objects.update(
        failure=FailureKind.CONTRACT, failing_since=NOW, sentence=HOSTILE.replace("\0", "")
    )
    (row,) = rows()

    assert row["name"] == row["said"] == '\'=HYPERLINK("http://x") <b>\u202e;, @'
    assert not [text for text in row.values() if text.startswith(("=", "+", "-", "@", "\t"))]


def test_it_cuts_endless_text():
    region = make_healthy_region()
    DailyRollup.objects.filter(day=TODAY).update(n_rejected=60)
    make_cause(region, "x" * 2**17, 60)

    assert len(rows()[0]["said"]) <= 1000


SHARES = {
    "failed_share": ("n_failed", ("n_done", "n_failed", "n_rejected", "n_unknown")),
    "fallback_share": ("n_fallback", ("n_done",)),
    "positive_share": ("n_positive", ("n_scored",)),
}
COUNTS = {
    "studies": "n_received",
    "done": "n_done",
    "failed": "n_failed",
    "rejected": "n_rejected",
    "filtered": "n_filtered",
    "pending": "n_pending",
    "unknown": "n_unknown",
    "fallback": "n_fallback",
    "scored": "n_scored",
    "positive": "n_positive",
}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    numbers=st.fixed_dictionaries(dict.fromkeys(COUNTS.values(), st.integers(0, 10**6))),
    latency=st.none() | st.floats(0.01, 1000),
)
@example(numbers=dict.fromkeys(COUNTS.values(), 0), latency=None)
def test_it_parses_back_to_the_same_numbers(numbers, latency):
    region = Region.objects.first() or make_healthy_region()
    DailyRollup.objects.filter(day=TODAY).delete()
    make_daily(region, **numbers, latency_p95_s=latency)
    expected = {name: numbers[field] for name, field in COUNTS.items()}
    expected["latency_p95_s"] = latency and pytest.approx(latency, rel=1e-5)
    for name, (part, whole) in SHARES.items():
        n = sum(numbers[field] for field in whole)
        expected[name] = pytest.approx(numbers[part] / n, rel=1e-5) if n else None

    found = review(TODAY, NOW, Region.objects.all())

    for flavour in (Flavour(), EXCEL):
        text = table(found, Asked(), signs(AnonymousUser(), found, NOW), flavour)
        assert numbers_in(text, flavour, expected) == expected


def numbers_in(text, flavour, names):
    """Return the named numbers of the one row in a file of this flavour, None for empty ones."""
    file = io.StringIO(text.removeprefix(flavour.begin), newline="")
    (row,) = csv.DictReader(file, delimiter=flavour.separator, strict=True)
    return {
        name: float(row[name].replace(flavour.decimal, ".")) if row[name] else None
        for name in names
    }
