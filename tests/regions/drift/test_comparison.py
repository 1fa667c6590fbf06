from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from regions.drift.comparison import (
    Channel,
    compare_categories,
    compare_numeric,
    side_by_side,
)
from tests.regions.drift.fleets import compared, normal_histogram


def test_it_measures_location_as_mann_whitney_does() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = normal_histogram(rng, 300, 0.4), normal_histogram(rng, 4000)
    bins = np.arange(64)
    u = stats.mannwhitneyu(np.repeat(bins, ours.astype(int)), np.repeat(bins, theirs.astype(int)))

    value = compared(ours[None], theirs[None]).value[Channel.LOCATION, 0]

    assert value == pytest.approx(u.statistic / (300 * 4000) - 0.5)


def test_it_expects_of_no_drift_what_no_drift_gives() -> None:
    rng = np.random.default_rng(2)
    today = np.stack([normal_histogram(rng, 200) for _ in range(1500)])
    reference = np.stack([normal_histogram(rng, 3000) for _ in range(1500)])

    comparison = compared(today, reference)

    location, tail, shape = comparison.noise.mean(axis=1)
    assert comparison.value[0].var() == pytest.approx(location, rel=0.15)
    assert comparison.value[1].var() == pytest.approx(tail, rel=0.25)
    assert comparison.value[2].mean() == pytest.approx(shape, rel=0.05)
    assert np.abs(comparison.excess.mean(axis=1)).max() < 1e-3


def test_it_does_not_take_another_mix_of_devices_for_a_shift() -> None:
    rng = np.random.default_rng(3)
    reference = np.stack([normal_histogram(rng, 4000, -1), normal_histogram(rng, 4000, 1)])
    today = np.stack([normal_histogram(rng, 100, -1), normal_histogram(rng, 900, 1)])

    within = compared(today, reference, np.zeros(2, dtype=int))
    merged = compared(today.sum(axis=0)[None], reference.sum(axis=0)[None])

    assert abs(within.value[Channel.LOCATION, 0]) < 0.03
    assert merged.value[Channel.LOCATION, 0] > 0.15


def test_it_leaves_out_devices_without_a_reference() -> None:
    rng = np.random.default_rng(4)
    today = np.stack([normal_histogram(rng, 100), normal_histogram(rng, 100, 3)])
    reference = np.stack([normal_histogram(rng, 4000), normal_histogram(rng, 59)])

    comparison = compared(today, reference, np.zeros(2, dtype=int))

    assert abs(comparison.value[Channel.LOCATION, 0]) < 0.1
    assert comparison.n[0] == 200


def test_it_sees_mass_that_appears_in_the_tail() -> None:
    rng = np.random.default_rng(5)
    today = normal_histogram(rng, 190)
    today[63] += 10

    assert compared(today[None], normal_histogram(rng, 9000)[None]).value[
        Channel.TAIL, 0
    ] == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize(("n_reference", "n_days"), [(299, 40), (3000, 9)])
def test_it_compares_nothing_with_too_little(n_reference: int, n_days: int) -> None:
    rng = np.random.default_rng(6)
    reference = normal_histogram(rng, n_reference)[None]

    comparison = compare_numeric(
        normal_histogram(rng, 100)[None], reference, np.array([0]), 1, np.array([n_days])
    )

    assert np.isnan(comparison.value).all()


def test_it_takes_rare_categories_together() -> None:
    reference = np.array([600.0, 399, 1, 0])
    today = np.array([60.0, 39, 0, 1])

    comparison = compare_categories(today, reference, np.zeros(4, dtype=int), 1, np.array([40]))

    p, q = np.array([0.6, 0.39, 0.01]), np.array([0.6, 0.399, 0.001])
    middle = (p + q) / 2
    bits = (stats.entropy(p, middle, base=2) + stats.entropy(q, middle, base=2)) / 2
    assert comparison.value[Channel.SHAPE, 0] == pytest.approx(bits)
    assert np.isnan(comparison.value[Channel.LOCATION, 0])


def test_it_puts_comparisons_side_by_side() -> None:
    rng = np.random.default_rng(7)
    one = compared(normal_histogram(rng, 100)[None], normal_histogram(rng, 900)[None])

    both = side_by_side(one, one)

    assert both.n.tolist() == [100, 100]
    assert both.value.shape == (3, 2)
