from __future__ import annotations

import numpy as np
import pytest

from regions.drift import volume
from regions.drift.verdicts import Rule

DAYS = np.arange(120)
WEEKDAY = DAYS % 7
RHYTHM = np.array([1, 1, 1, 1, 0.9, 0.3, 0.1])[WEEKDAY]
NOTHING = np.zeros((120, 12), dtype=bool)


def counts(seed: int = 1, size: float = 200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(size * RHYTHM[:, None] * rng.gamma(30, 1 / 30, (120, 12)))


def judged(n: np.ndarray, is_left_out: np.ndarray = NOTHING) -> list[volume.Verdict]:
    return volume.volume(n, volume.expected(n, WEEKDAY, is_left_out))


def test_it_expects_the_rhythm_of_the_week() -> None:
    usual = volume.expected(counts(), WEEKDAY, NOTHING)

    assert usual.mean[-7:].mean(axis=1) == pytest.approx(200 * RHYTHM[-7:], rel=0.15)
    assert np.isnan(usual.mean[:28]).all()
    assert (usual.k > 5).all()


def test_it_does_not_expect_what_it_has_not_seen_yet() -> None:
    n = counts()
    usual = volume.expected(n, WEEKDAY, NOTHING)
    n[110:] = 9999

    again = volume.expected(n, WEEKDAY, NOTHING)

    assert np.array_equal(again.mean[:117], usual.mean[:117], equal_nan=True)


def test_it_sees_half_of_the_studies_missing() -> None:
    n = counts()
    n[-7:, 4] //= 2

    (verdict,) = judged(n)

    assert (verdict.rule, verdict.subject) == (Rule.VOLUME, 4)
    assert verdict.value < verdict.low
    assert verdict.n_reference > verdict.n
    assert verdict.score > verdict.limit


def test_it_sees_twice_as_many() -> None:
    n = counts()
    n[-7:, 4] *= 2

    (verdict,) = judged(n)

    assert verdict.value > verdict.high


def test_it_is_silent_over_usual_weeks() -> None:
    # 20 weeks of 12 regions, at three windows of 1e-4 each.
    assert sum(len(judged(counts(seed))) for seed in range(20)) <= 1


def test_it_expects_nothing_of_a_holiday() -> None:
    n, is_holiday = counts(), NOTHING.copy()
    n[-1] = 0
    is_holiday[-1] = True

    assert judged(n, is_holiday) == []


def test_it_expects_nothing_of_a_region_with_next_to_none() -> None:
    n = counts(size=3)
    n[-1] = 0

    assert judged(n) == []


@pytest.mark.parametrize(("k", "missed"), [(4, 36), (10, 15.2)])
def test_it_calls_silence_what_can_hardly_be_chance(k: float, missed: float) -> None:
    def at(share: float) -> list[volume.Verdict]:
        return volume.silence(np.array([5.0]), np.array([missed * share]), np.array([k]))

    assert at(0.95) == []
    (verdict,) = at(1.05)
    assert (verdict.rule, verdict.value) == (Rule.SILENCE, 5.0)
    assert verdict.high < 5
