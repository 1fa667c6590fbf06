from __future__ import annotations

import pytest

from fleet.review.asked import Asked
from fleet.review.day import review
from fleet.review.situation import Level
from regions.models import Region
from tests.builders import NOW, TODAY, make_healthy_region, make_path, make_region


def test_it_reads_the_address():
    asked = Asked.of({"show": "failing,stale", "q": " tv ", "sort": "age", "open": "fine,tver"})

    assert asked == Asked(
        frozenset({Level.FAILING, Level.STALE}), "tv", "age", frozenset({"fine", "tver"})
    )
    assert asked.is_filter


@pytest.mark.parametrize(
    "query",
    ["", "?show=failing,stale", "?q=%D0%A2%D0%B2%D0%B5%D1%80%D1%8C&sort=name", "?open=fine,tver"],
)
def test_it_writes_the_address_that_it_read(query, rf):
    assert Asked.of(rf.get(f"/{query}").GET.dict()).query == query


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ({"show": "failing,broken"}, "show=broken"),
        ({"sort": "colour"}, "sort=colour"),
        ({"utm_source": "chat"}, "utm_source=chat"),
        ({"x": "y" * 999}, "x=" + "y" * 58),
    ],
)
def test_it_ignores_what_it_does_not_know_with_a_notice(query, what):
    asked = Asked.of(query)

    assert asked.notices == (
        f"The address asks for “{what}”, which is unknown here; it is ignored.",
    )
    assert (asked.show, asked.sort) == (frozenset(asked.show) - {"broken"}, "ladder")


def test_it_takes_no_endless_address():
    asked = Asked.of({"q": "x\0" * 10_000, **{f"n{n}": "" for n in range(99)}})

    assert (len(asked.q), len(asked.notices)) == (100, 3)


def test_it_toggles_a_level_and_keeps_the_rest():
    asked = Asked(frozenset({Level.STALE}), "tv", "name", frozenset({"fine"}))

    assert asked.toggled(Level.STALE).query == "?q=tv&sort=name&open=fine"
    assert asked.toggled(Level.FINE).query == "?show=stale,fine&q=tv&sort=name&open=fine"


def test_it_opens_and_closes():
    assert Asked().with_open("tver").query == "?open=tver"
    assert Asked().with_open("tver").with_open("tver").query == ""


@pytest.fixture
def rows(db):
    for code, name, n in (("tver", "Тверь", 5), ("omsk", "Омск", 9)):
        make_healthy_region(code, name=name, n_received=n)
    make_path(make_region("chita", name="Чита"))
    return review(TODAY, NOW, Region.objects.all()).rows


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"q": "тВе"}, ["tver"]),
        ({"q": "omsk"}, ["omsk"]),
        ({"show": "unknown"}, ["chita"]),
        ({"show": "fine", "q": "чита"}, []),
        ({"sort": "name"}, ["omsk", "tver", "chita"]),
        ({"sort": "studies"}, ["omsk", "tver", "chita"]),
        ({"sort": "age", "show": "fine"}, ["omsk", "tver"]),
    ],
)
def test_it_chooses_rows(rows, query, codes):
    assert [row.region.code for row in Asked.of(query).chosen(rows)] == codes
