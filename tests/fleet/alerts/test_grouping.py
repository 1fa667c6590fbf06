"""Alerts of several regions are one cause when they begin together."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet.alerts.grouping import at_once, on_a_version
from regions.together import Beginning
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
openings = st.lists(
    st.builds(Beginning, st.integers(0, 60).map(lambda n: NOW + n * MINUTE), st.integers(1, 9)),
    max_size=12,
)


@given(openings)
def test_it_names_four_regions_or_none(some):
    assert len(at_once(some)) not in {1, 2, 3}


@given(openings, st.randoms())
def test_it_does_not_depend_on_the_order(some, random):
    mixed = random.sample(some, len(some))

    assert at_once(mixed) == at_once(some)


def test_it_does_not_count_a_region_twice():
    assert at_once([Beginning(NOW + n * MINUTE, n % 3) for n in range(6)]) == frozenset()


def test_it_takes_half_of_a_version_but_not_one_region_alone():
    assert on_a_version([Beginning(NOW, 1), Beginning(NOW, 2)], 4) == {1, 2}
    assert on_a_version([Beginning(NOW, 1), Beginning(NOW, 2)], 5) == frozenset()
    assert on_a_version([Beginning(NOW, 1)], 1) == frozenset()
