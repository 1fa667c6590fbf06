from __future__ import annotations

import numpy as np

from regions.drift.rates import ERRORS_CHANGE, rates
from regions.drift.verdicts import Rule, Verdict

N = np.full((70, 12), 200)
NOTHING = np.zeros((70, 12), dtype=bool)


def errors(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.binomial(N, 0.02 * rng.gamma(8, 1 / 8, N.shape))


def judged(events: np.ndarray, is_left_out: np.ndarray = NOTHING) -> list[Verdict]:
    return rates(events, N, ERRORS_CHANGE, is_left_out)


def test_it_sees_a_day_of_errors() -> None:
    events = errors()
    events[-1, 3] += 20

    (verdict,) = judged(events)

    assert (verdict.rule, verdict.subject, verdict.n_days) == (Rule.RATE, 3, 1)
    assert verdict.low <= 0.02 <= verdict.high < verdict.value
    assert verdict.score > verdict.limit


def test_it_sees_a_week_of_some_more_errors() -> None:
    events = errors()
    events[-7:, 3] += 6

    assert [(one.subject, one.n_days > 1) for one in judged(events)] == [(3, True)]


def test_it_is_silent_over_usual_weeks() -> None:
    # 20 weeks of 12 regions, at three windows of 1e-4 each.
    assert sum(len(judged(errors(seed))) for seed in range(20)) <= 1


def test_it_does_not_learn_from_days_that_are_left_out() -> None:
    events, is_left_out = errors(), NOTHING.copy()
    events[:40, 3] = 100
    is_left_out[:40, 3] = True
    events[-1, 3] += 20

    assert [one.subject for one in judged(events, is_left_out)] == [3]


def test_it_lets_be_what_was_taken_for_normal_and_sees_what_is_worse() -> None:
    events, normal = errors(), np.zeros(12)
    events[-1, 3:5] += 40
    events[-1, 4] += 60
    normal[3:5] = 0.22

    found = rates(events, N, ERRORS_CHANGE, NOTHING, normal)

    assert [(one.subject, one.low > 0.1) for one in found] == [(4, True)]


def test_it_does_not_mind_fewer_than_five() -> None:
    n = np.full((70, 1), 5)
    events = np.zeros((70, 1), dtype=int)
    events[-1] = 4

    assert rates(events, n, ERRORS_CHANGE, np.zeros((70, 1), dtype=bool)) == []
