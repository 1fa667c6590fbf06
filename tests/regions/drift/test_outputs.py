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


def days(positive: list[int], n: list[int], share: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Return 56 days at the share and then these, for eight regions alike."""
    past_positive, past_n = past(share)
    newest = (np.repeat(np.array(one)[:, None], 8, axis=1) for one in (positive, n))
    return tuple(np.concatenate(both) for both in zip((past_positive, past_n), newest, strict=True))


def test_it_sees_a_class_leave_its_past() -> None:
    positive, n = days([60], [200])
    positive[-1, 3] = 130

    (verdict,) = outputs.class_share(positive, n)

    assert (verdict.rule, verdict.subject, verdict.value) == (Rule.CLASS_SHARE, 3, 0.65)
    assert verdict.low < 0.3 < verdict.high < verdict.value


def test_it_sees_in_a_week_what_no_day_of_a_small_region_shows() -> None:
    positive, n = days([14] * 7, [28] * 7)

    found = outputs.class_share(positive, n)

    assert outputs.class_share(*days([14], [28])) == []
    assert {(verdict.subject, verdict.n_days) for verdict in found} == {(r, 7) for r in range(8)}


def test_it_asks_for_thirty_studies() -> None:
    positive, n = days([29], [29])
    n[-8:-1] = positive[-8:-1] = 0

    assert outputs.class_share(positive, n) == []


def test_it_takes_what_is_repaired_for_over() -> None:
    assert outputs.class_share(*days([130] * 6 + [60], [200] * 7)) == []


@pytest.mark.parametrize(
    ("positive", "n"),
    [(72, 200), (400, 1000)],  # chance, and 0.10 from far
)
def test_it_accepts_what_a_class_does_by_itself(positive: int, n: int) -> None:
    share = 0.31 if n == 1000 else 0.3

    assert outputs.class_share(*days([positive], [n], share)) == []


def test_it_needs_ten_days_of_past() -> None:
    positive, n = days([190], [200])

    assert outputs.class_share(positive[-10:], n[-10:]) == []


def weeks(positive: list[int], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one week and four of it."""
    week = np.array(positive)
    return np.stack([week, 4 * week]), np.stack([np.full(len(week), n * w) for w in (1, 4)])


def test_it_sees_a_region_that_was_never_like_the_others() -> None:
    positive, n = np.array([[60, 55, 66, 61, 58, 150]] * 2), np.full((2, 6), 200)

    (verdict,) = outputs.unlike_peers(positive, n)

    assert (verdict.rule, verdict.subject, verdict.n_days) == (Rule.PEERS, 5, 7)


def test_it_sees_in_four_weeks_a_small_region_unlike_the_others() -> None:
    positive, n = weeks([600, 550, 660, 610, 580, 60], 2000)
    n[:, 5] = 120, 480
    positive[:, 5] = 62, 248

    (verdict,) = outputs.unlike_peers(positive, n)

    assert (verdict.subject, verdict.n_days) == (5, 28)


def test_it_compares_with_five_regions_at_least() -> None:
    assert outputs.unlike_peers(*weeks([60, 55, 66, 150], 200)) == []


def test_it_lets_regions_differ_as_regions_do() -> None:
    n = np.full((2, 40), 500)

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
