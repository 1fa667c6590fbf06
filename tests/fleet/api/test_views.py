from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.clock import now
from fleet.review.day import review
from regions.models import Region
from tests.builders import make_daily, make_hourly, make_path, make_region, make_status

pytestmark = pytest.mark.django_db


def make_live_region(code: str = "tver"):
    moment = now()
    region = make_region(code, time_zone="Etc/UTC")
    make_path(region, kind="direct")
    make_status(region, last_attempt_at=moment, last_success_at=moment)
    make_daily(region, moment.date() - timedelta(days=20))
    make_daily(region, moment.date(), n_received=120, n_failed=5, n_fallback=1)
    return region


def test_it_lists_regions(get):
    make_live_region()

    (region,) = get("regions/").json()["regions"]

    assert (region["code"], region["link"]["state"], region["freshness"]) == (
        "tver",
        "open",
        "fresh",
    )


def test_it_gives_the_numbers_of_the_page(get):
    make_live_region()
    day = now().date()

    answer = get(f"review/{day}/").json()
    page = review(day, now(), Region.objects.all())

    assert answer["regions"][0]["numbers"]["n_received"] == page.rows[0].numbers.n_received == 120
    assert answer["totals"]["failed_share"] == page.totals.numbers.failed_share == 5 / 105
    assert answer["coverage"] == {"n_covered": 1, "n_expected": 1}


def test_it_gives_null_for_what_nobody_knows(get):
    make_path(make_region())

    answer = get(f"review/{now().date()}/").json()

    assert set(answer["totals"].values()) == {None}
    assert set(answer["regions"][0]["numbers"].values()) == {None}


def test_it_gives_hours(get):
    region = make_live_region()
    hour = now().replace(minute=0, second=0, microsecond=0)
    make_hourly(region, hour, hour.date(), n_received=9, latency_p95_s=61.5)

    answer = get("regions/tver/hourly/", **{"from": hour.isoformat()}).json()

    numbers = answer["hours"][0]["numbers"]
    assert (numbers["n_received"], numbers["latency_p95_s"]) == (9, 61.5)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("regions/nowhere/hourly/", {}, 404),
        ("review/2026-02-30/", {}, 404),
        ("review/9999-12-31/", {}, 404),
        ("regions/tver/hourly/", {"from": "x"}, 400),
        ("regions/tver/hourly/", {"from": "2025-01-01", "to": "2025-12-31"}, 400),
    ],
)
def test_it_refuses_with_a_sentence(get, path, query, status):
    make_live_region()

    response = get(path, **query)

    assert response.status_code == status
    assert response.json()["detail"].endswith((".", ")."))


@pytest.mark.parametrize("n", [3, 100])
def test_it_asks_the_same_number_of_questions(get, n, django_assert_num_queries):
    for i in range(n):
        make_live_region(f"r{i}")

    # The token, the note of its use, the person, the zones, the five of the review, and four of
    # what it holds in full: history, outputs, top rejections, sign-offs.
    with django_assert_num_queries(14):
        get(f"review/{now().date()}/")
