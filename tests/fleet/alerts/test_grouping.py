"""Alerts of several regions are one cause when they begin together."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts.grouping import (
    AT_ONCE,
    Opening,
    at_once,
    largest_within,
    lost_at_once,
    on_a_version,
)
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
openings = st.lists(
    st.builds(Opening, st.integers(0, 60).map(lambda n: NOW + n * MINUTE), st.integers(1, 9)),
    max_size=12,
)


@given(openings)
def test_it_finds_no_fewer_than_trying_every_beginning(some):
    brute = [
        {one.region_id for one in some if first.at <= one.at <= first.at + AT_ONCE}
        for first in some
    ]

    assert len(largest_within(some, AT_ONCE)) == max(map(len, brute), default=0)


@given(openings)
def test_it_names_four_regions_or_none(some):
    assert len(at_once(some)) not in {1, 2, 3}


@given(openings, st.randoms())
def test_it_does_not_depend_on_the_order(some, random):
    mixed = random.sample(some, len(some))

    assert at_once(mixed) == at_once(some)


def test_it_does_not_count_a_region_twice():
    assert at_once([Opening(NOW + n * MINUTE, n % 3) for n in range(6)]) == frozenset()


def test_it_takes_half_of_a_version_but_not_one_region_alone():
    assert on_a_version([Opening(NOW, 1), Opening(NOW, 2)], 4) == {1, 2}
    assert on_a_version([Opening(NOW, 1), Opening(NOW, 2)], 5) == frozenset()
    assert on_a_version([Opening(NOW, 1)], 1) == frozenset()


def test_it_is_blind_when_more_than_a_third_is_lost():
    lost = [Opening(NOW, n) for n in range(3)]

    assert lost_at_once(lost, 8) == {0, 1, 2}
    assert lost_at_once(lost, 9) == frozenset()
