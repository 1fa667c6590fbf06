"""What began together has one cause."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from regions.together import TOGETHER, Beginning, lost_together, together
from tests.builders import NOW

MINUTE = timedelta(minutes=1)
beginnings = st.lists(
    st.builds(Beginning, st.integers(0, 60).map(lambda n: NOW + n * MINUTE), st.integers(1, 9)),
    max_size=12,
)


@given(beginnings)
def test_it_finds_no_fewer_than_trying_every_beginning(some):
    brute = [
        {one.region_id for one in some if first.at <= one.at <= first.at + TOGETHER}
        for first in some
    ]

    found = {one.region_id for one in together(some)}

    assert len(found) == max(map(len, brute), default=0)


def test_it_is_our_fault_when_more_than_a_third_is_lost():
    lost = [Beginning(NOW, n) for n in range(3)]

    assert lost_together(lost, 8) == lost
    assert lost_together(lost, 9) == []
    assert lost_together(lost[:2], 2) == []
