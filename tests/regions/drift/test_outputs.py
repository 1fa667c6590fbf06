from __future__ import annotations

import numpy as np
import pytest

from regions.drift import outputs
from regions.drift.verdicts import Rule

RNG = np.random.default_rng(1)


def past(share: float, n_regions: int = 8) -> tuple[np.ndarray, np.ndarray]:
    n = np.full((56, n_regions), 200)
    return np.random.default_rng(2).binomial(n, share), n


def test_it_sees_one_answer_given_to_a_third() -> None:
    (verdict,) = outputs.identical(
        np.array([1, 33]), np.array([100, 100]), np.zeros((0, 2)), np.zeros((0, 2))
    )

    assert (verdict.rule, verdict.subject, verdict.value) == (Rule.IDENTICAL, 1, 0.33)
    assert verdict.score > verdict.limit


def test_it_accepts_equal_answers_where_they_are_usual() -> None:
    usual = np.full((56, 1), 30), np.full((56, 1), 100)

    assert outputs.identical(np.array([33]), np.array([100]), *usual) == []


def test_it_accepts_a_handful_of_equal_answers() -> None:
    assert outputs.identical(np.array([4]), np.array([4]), np.zeros((0, 1)), np.zeros((0, 1))) == []


def test_it_counts_repetitions_of_hours() -> None:
    n_identical, n_scored = np.array([[1, 9], [0, 1], [1, 4]]), np.array([[7, 9], [0, 1], [2, 4]])

    m, n = outputs.identical_excess(n_identical, n_scored)

    assert (m.tolist(), n.tolist()) == ([0, 11], [7, 11])


def test_it_sees_a_class_leave_its_past() -> None:
    positive, n = np.full(8, 60), np.full(8, 200)
    positive[3] = 130

    (verdict,) = outputs.class_share(positive, n, *past(0.3))

    assert (verdict.rule, verdict.subject, verdict.value) == (Rule.CLASS_SHARE, 3, 0.65)
    assert verdict.low < 0.3 < verdict.high < verdict.value


@pytest.mark.parametrize(
    ("positive", "n"),
    [(72, 200), (29, 29), (400, 1000)],  # chance, too few, and 0.10 from far
)
def test_it_accepts_what_a_class_does_by_itself(positive: int, n: int) -> None:
    share = 0.31 if n == 1000 else 0.3

    assert outputs.class_share(np.full(8, positive), np.full(8, n), *past(share)) == []


def test_it_needs_ten_days_of_past() -> None:
    positive, n = past(0.3)

    assert outputs.class_share(np.full(8, 190), np.full(8, 200), positive[:9], n[:9]) == []


def test_it_sees_a_region_that_was_never_like_the_others() -> None:
    positive, n = np.array([60, 55, 66, 61, 58, 150]), np.full(6, 200)

    (verdict,) = outputs.unlike_peers(positive, n)

    assert (verdict.rule, verdict.subject, verdict.n_days) == (Rule.PEERS, 5, 7)


def test_it_compares_with_five_regions_at_least() -> None:
    assert outputs.unlike_peers(np.array([60, 55, 66, 150]), np.full(4, 200)) == []


def test_it_lets_regions_differ_as_regions_do() -> None:
    n = np.full(40, 500)

    assert outputs.unlike_peers(RNG.binomial(n, RNG.uniform(0.2, 0.3, 40)), n) == []


def test_it_sees_scores_that_do_not_move() -> None:
    sd = np.array([0.2, 0.21, 0.19, 0.2, 0.001])

    (verdict,) = outputs.flat(sd, np.full(5, 90))

    assert (verdict.rule, verdict.subject) == (Rule.FLAT, 4)
    assert verdict.value < verdict.low


def test_it_sees_a_class_that_is_absent() -> None:
    (verdict,) = outputs.absent(np.array([0, 0]), np.full(2, 900), np.array([60.0, 30.0]))

    assert (verdict.rule, verdict.subject) == (Rule.ABSENT, 0)
    assert verdict.low > verdict.value == 0
