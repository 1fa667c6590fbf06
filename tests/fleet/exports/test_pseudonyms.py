from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.exports.pseudonyms import Pseudonyms

KEY = b"k" * 32


def test_it_gives_the_same_key_the_same_names() -> None:
    one, two = Pseudonyms(KEY, "4711 "), Pseudonyms(KEY, "4711")

    assert (one.uid("1.2.3"), one.patient(), one.shift) == (
        two.uid("1.2.3"),
        two.patient(),
        two.shift,
    )


def test_it_gives_another_key_other_names() -> None:
    one, two = Pseudonyms(KEY, "4711"), Pseudonyms(b"l" * 32, "4711")

    assert one.uid("1.2.3") != two.uid("1.2.3")
    assert one.patient() != two.patient()
    assert _device(one) != _device(two)
    assert one.shift != two.shift


def _device(names: Pseudonyms) -> str:
    return names.device("StationName", "CT1", is_linked=True)


def test_it_links_the_uids_of_all_patients() -> None:
    assert Pseudonyms(KEY, "a").uid("1.2.3") == Pseudonyms(KEY, "b").uid("1.2.3")


@given(st.text("0123456789.", max_size=64))
def test_it_makes_valid_uids(text: str) -> None:
    uid = Pseudonyms(KEY, "4711").uid(text)

    assert uid.startswith("2.25.")
    assert len(uid) <= 64
    assert int(uid[5:]) < 2**128


@given(st.dates().map(lambda day: day.strftime("%Y%m%d")))
def test_it_keeps_the_days_between_two_dates(day: str) -> None:
    names = Pseudonyms(KEY, "4711")
    moved = names.moved_date(day)

    assert moved is None or (len(moved) == 8 and moved < day)


def test_it_moves_dates_and_times_together() -> None:
    names = Pseudonyms(KEY, "4711")

    day, clock = (
        names.moved_date("20240229", "131415.25"),
        names.moved_time("131415.25", "20240229"),
    )

    assert f"{day}{clock}" == names.moved_datetime("20240229131415.25")


@pytest.mark.parametrize("text", ["", "20241301", "IVANOV", "20240101-20240201", "0", "00010101"])
def test_it_moves_nothing_that_is_no_date(text: str) -> None:
    assert Pseudonyms(KEY, "4711").moved_date(text) is None


@pytest.mark.parametrize("text", ["", "25", "1314.5", "noon"])
def test_it_moves_nothing_that_is_no_time(text: str) -> None:
    assert Pseudonyms(KEY, "4711").moved_time(text) is None


def test_it_keeps_the_zone_of_a_moment() -> None:
    assert (Pseudonyms(KEY, "4711").moved_datetime("20240229131415+0300") or "").endswith("+0300")


def test_it_refuses_a_short_key() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Pseudonyms(b"short", "4711")


def test_it_keeps_the_key_to_itself() -> None:
    assert "kkkk" not in repr(Pseudonyms(KEY, "4711"))
