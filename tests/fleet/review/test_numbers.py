from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.review.numbers import Numbers, known_numbers
from tests.builders import NOW

LATER = NOW + timedelta(hours=1)


def test_it_takes_failures_of_settled_answers():
    assert Numbers(n_expected=50, n_pending=10, n_failed=10).failed_share == 0.25


def test_it_takes_refusals_of_all_that_was_sent():
    assert Numbers(n_received=90, n_filtered=10, n_rejected=15).rejected_share == 0.25


def test_it_takes_fallbacks_of_done_answers():
    assert Numbers(n_done=80, n_fallback=20).fallback_share == 0.25


def test_it_takes_positives_of_scored_predictions():
    assert Numbers(n_scored=40, n_positive=10).positive_share == 0.25


@pytest.mark.parametrize("name", ["failed", "rejected", "fallback", "positive"])
def test_it_knows_no_share_of_nothing(name):
    assert getattr(Numbers(), f"{name}_share") is None


def test_it_adds_counts_but_no_percentiles():
    part = Numbers(n_received=3, latency_p95_s=2.0)

    assert Numbers.total([part, part]) == Numbers(n_received=6)


@pytest.mark.parametrize(
    ("known_as_of", "was_collected", "expected"),
    [
        (LATER, True, Numbers()),
        (LATER, False, None),
        (NOW, True, None),
        (None, True, None),
    ],
)
def test_it_tells_zero_from_unknown(known_as_of, was_collected, expected):
    assert known_numbers(None, known_as_of, NOW, was_collected=was_collected) == expected
