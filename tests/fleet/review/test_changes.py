from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from fleet.review.changes import SIGNED_NUMBERS, change, signed_numbers
from fleet.review.figures import Figures
from fleet.review.models import SignOff
from fleet.review.numbers import Numbers

COUNTS = st.integers(0, 5000)
NUMBERS = st.builds(
    lambda **some: Numbers(**some),
    n_received=COUNTS,
    n_filtered=COUNTS,
    n_expected=COUNTS,
    n_done=COUNTS,
    n_failed=COUNTS,
    n_rejected=COUNTS,
    n_pending=COUNTS,
    n_fallback=COUNTS,
    n_scored=COUNTS,
    n_positive=COUNTS,
    latency_p95_s=st.none() | st.floats(0, 1000),
)


def signed(numbers: Numbers | None) -> SignOff:
    return SignOff(**{name: getattr(numbers, name, None) for name in SIGNED_NUMBERS})


def said(before: Numbers | None, now: Numbers | None) -> str:
    return change(signed(before), now, Figures.of_active_language())


def day(n_received: int = 400, **numbers: float) -> Numbers:
    return Numbers(n_received=n_received, n_expected=400, n_done=400, **numbers)


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        (day(388), day(422), "+34 studies"),
        (day(388), day(389), "+1 study"),
        (day(1500), day(100), "−1,400 studies"),
        (None, day(7), "+7 studies"),
        (None, day(0), "no studies came"),
        (day(), day(n_failed=20), "failed 0% → 5.0%"),
        (day(), day(n_rejected=8), "rejected 0% → 2.0%"),
        (day(), day(n_fallback=40), "fallback 0% → 10.0%"),
        (day(latency_p95_s=60.0), day(latency_p95_s=180.0), "latency p95 60 s → 3 min"),
        (day(), day(n_scored=400, n_positive=40), "positive — → 10.0%"),
    ],
)
def test_it_says_the_first_change_that_a_person_can_see(before, now, sentence):
    assert said(before, now) == sentence


def test_it_is_silent_where_the_cells_look_the_same():
    assert said(day(latency_p95_s=60.01), day(latency_p95_s=60.02)) == ""


def test_it_takes_what_is_no_longer_known_for_no_change():
    assert said(day(), None) == ""


@given(NUMBERS)
def test_it_is_silent_while_nothing_changes(numbers):
    assert signed_numbers(signed(numbers)) == numbers
    assert said(numbers, numbers) == ""


@given(NUMBERS, NUMBERS)
def test_it_names_every_difference_in_studies(before, now):
    assert bool(said(before, now)) or before.n_received == now.n_received


def test_it_speaks_russian():
    with translation.override("ru"):
        assert said(day(388), day(422)) == "+34 исследования"
