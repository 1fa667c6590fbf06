from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.html import escape

from fleet.clock import now
from regions.models import DailyRollup, FailureKind, Region, TunnelState
from tests.builders import (
    make_cause,
    make_daily,
    make_path,
    make_person,
    make_region,
    make_score,
    make_status,
    make_tunnel,
)

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>'\"; DROP TABLE study;--\u202e"


@pytest.fixture
def reader(client):
    client.force_login(make_person())
    return client


def today() -> str:
    return now().date().isoformat()


def make_live_region(
    code: str = "tver", *, name: str = "Tver", failure: str = "", sentence: str = ""
):
    """A region that was collected a moment ago by the real clock."""
    moment = now()
    region = make_region(code, name=name, time_zone="Etc/UTC")
    make_tunnel(make_path(region), since=moment - timedelta(days=1), seen_at=moment)
    make_status(
        region,
        last_attempt_at=moment,
        last_success_at=moment,
        failure=failure,
        failing_since=moment if failure else None,
        sentence=sentence,
    )
    make_daily(region, moment.date() - timedelta(days=20))
    make_daily(region, moment.date(), n_received=1412)
    return region


def test_it_redirects_to_an_explicit_date(client):
    assert client.get("/").url == f"/day/{today()}/"


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("2026-03-10", "2026-03-10"), ("yesterday", "yesterday"), ("a/b", None), ("", None)],
)
def test_it_opens_the_day_that_the_date_field_asks_for(client, asked, shown):
    assert client.get("/", {"day": asked}).url == f"/day/{shown or today()}/"


def test_it_asks_who_is_there(client):
    assert client.get(f"/day/{today()}/").url.startswith("/login/?next=/day/")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-02-30", "That is not a date. Write it as 2026-03-10."),
        ("yesterday", "That is not a date. Write it as 2026-03-10."),
        ("20260310", "That is not a date. Write it as 2026-03-10."),
        ("٢٠٢٦-٠٣-١٠", "That is not a date. Write it as 2026-03-10."),
        ("1970-01-01", "Fleet keeps no days before the year 2000."),
        ("9999-12-31", "That day has not begun in any region yet."),
    ],
)
def test_it_refuses_a_wrong_date_with_a_sentence(reader, text, sentence):
    response = reader.get(f"/day/{text}/")

    assert response.status_code == 404
    assert sentence in response.content.decode()


def test_it_shows_a_region_with_its_numbers(reader):
    make_live_region()

    page = reader.get(f"/day/{today()}/").content.decode()

    assert "Tver" in page
    assert "1,412" in page
    assert "Totals of 1 of 1 region" in page


def test_it_says_how_to_add_the_first_region(reader):
    assert "add_region" in reader.get(f"/day/{today()}/").content.decode()


def test_it_says_when_nothing_needs_a_look(reader):
    make_live_region()

    assert "Nothing needs a look." in reader.get(f"/day/{today()}/").content.decode()


def test_it_shows_the_page_though_a_region_cannot_be_computed(reader):
    make_live_region()
    Region.objects.update(time_zone="Europe/Nowhere")

    page = reader.get(f"/day/{today()}/").content.decode()

    assert "Could not compute this row" in page


def test_it_shows_hostile_text_as_text(reader):
    make_live_region(name=HOSTILE, failure=FailureKind.CONTRACT, sentence=HOSTILE)

    page = reader.get(f"/day/{today()}/").content.decode()

    assert "<script>" not in page
    assert page.count(escape(HOSTILE)) >= 3


def test_it_lets_a_reason_break_after_an_underscore(reader):
    region = make_live_region()
    DailyRollup.objects.filter(region=region).update(n_rejected=200)
    make_cause(region, "image_content", 200, hour=now().replace(minute=0, second=0, microsecond=0))

    assert "image_<wbr>content: 200" in reader.get(f"/day/{today()}/").content.decode()


def test_it_shows_hostile_numbers_as_text(reader):
    region = make_live_region()
    DailyRollup.objects.filter(day=today()).update(n_rejected=1400)
    make_cause(region, HOSTILE + "x" * 2**17, 1400, hour=now())
    make_score(region, now().date(), model_code=HOSTILE, model_version="x" * 2**17)

    page = reader.get(f"/day/{today()}/?open=tver").content.decode()

    assert "<script>alert" not in page
    assert f"<bdi>{escape(HOSTILE[:48])}" in page
    assert len(page) < 40_000


def test_it_shows_a_hostile_address_as_text(reader):
    make_live_region()

    page = reader.get(f"/day/{today()}/", {"q": HOSTILE, HOSTILE: "x"}).content.decode()

    assert "<script>alert" not in page
    assert page.count(escape(HOSTILE)) >= 2


def test_it_shows_why_a_tunnel_is_closed_as_text(reader):
    make_live_region()
    TunnelState.objects.update(state="closed", sentence=HOSTILE)

    page = reader.get(f"/day/{today()}/").content.decode()

    assert escape(HOSTILE) in page
    assert "<script>" not in page


def test_it_offers_to_drop_a_filter_that_nothing_passes(reader):
    make_live_region()

    page = reader.get(f"/day/{today()}/?q=omsk&sort=name").content.decode()

    assert "No region passes the filter: “omsk”." in page
    assert '<a href="?">Show all regions</a>' in page


def test_it_says_what_of_the_address_it_ignores(reader):
    make_live_region()

    page = reader.get(f"/day/{today()}/?show=broken").content.decode()

    assert "The address asks for “show=broken”, which is unknown here; it is ignored." in page
    assert 'id="tver"' in page


@pytest.mark.parametrize(("query", "name"), [("", ""), ("?for=excel", "-excel")])
def test_it_gives_the_rows_as_a_file(reader, query, name):
    make_live_region()

    response = reader.get(f"/day/{today()}/csv/{query}")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (f'attachment; filename="fleet-{today()}{name}.csv"')
    assert "1412" in response.content.decode()


def test_it_gives_no_file_of_a_wrong_date(reader):
    assert reader.get("/day/2026-02-30/csv/").status_code == 404


def test_it_gives_only_rows_that_the_person_may_see(client):
    make_live_region()
    client.force_login(make_person(regions=[make_live_region("omsk", name="Omsk")]))

    for address in (f"/day/{today()}/", f"/day/{today()}/csv/"):
        content = client.get(address).content.decode()
        assert "Omsk" in content
        assert "Tver" not in content


def test_it_links_to_the_days_around(reader):
    page = reader.get("/day/2026-03-10/").content.decode()

    assert 'href="/day/2026-03-09/"' in page
    assert 'href="/day/2026-03-11/"' in page


def test_it_links_to_no_day_ahead(reader):
    assert 'rel="next"' not in reader.get(f"/day/{today()}/").content.decode()


def test_it_speaks_russian(reader):
    make_live_region()

    page = reader.get(f"/day/{today()}/", headers={"accept-language": "ru"}).content.decode()

    assert '<html lang="ru"' in page
    assert "Внимания не требует никто." in page
    assert "1\xa0412" in page


def test_it_switches_the_language_without_a_script(reader):
    reader.post("/i18n/setlang/", {"language": "ru", "next": "/"})

    assert "Выйти" in reader.get(f"/day/{today()}/").content.decode()


def test_it_only_reads(reader):
    assert reader.post(f"/day/{today()}/").status_code == 405


def test_it_asks_the_same_number_of_questions(reader, django_assert_max_num_queries):
    asked = set()
    for first, last in ((0, 3), (3, 100)):
        for i in range(first, last):
            make_live_region(f"r{i}")
        with django_assert_max_num_queries(20) as queries:
            reader.get(f"/day/{today()}/")
        asked.add(len(queries))

    assert len(asked) == 1
