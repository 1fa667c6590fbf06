from __future__ import annotations

import numpy as np

from regions.drift.comparison import compare_numeric, in_one_mix
from regions.drift.histogram import merged
from regions.drift.windows import Series, Summed, Window, add_rows, fleet_day, windows
from tests.regions.drift.fleets import normal_histogram

N_DAYS = 92
SHAPE = (N_DAYS, 2)


def days(*, usable: np.ndarray | None = None, quarantined: np.ndarray | None = None) -> np.ndarray:
    """Return the windows of two groups with 100 and 20 studies a day, open every day."""
    return windows(
        np.broadcast_to([100, 20], SHAPE),
        np.zeros(SHAPE, dtype=bool),
        np.ones(SHAPE, dtype=bool) if usable is None else usable,
        np.zeros(SHAPE, dtype=bool) if quarantined is None else quarantined,
    )


def test_it_gives_each_group_its_days() -> None:
    used = days().sum(axis=1)

    assert used[Window.TODAY].tolist() == [1, 1]
    assert used[Window.POOLED].tolist() == [1, 3]
    assert used[Window.OWN].tolist() == [56, 54]
    assert used[Window.LAGGED].tolist() == [64, 64]


def test_it_pools_no_day_that_cannot_be_used() -> None:
    usable = np.ones(SHAPE, dtype=bool)
    usable[-2] = False

    used = days(usable=usable)

    assert np.flatnonzero(used[Window.POOLED, :, 1]).tolist() == [88, 89, 91]
    assert not used[:, -2].any()


def test_it_keeps_quarantined_days_out_of_references_alone() -> None:
    quarantined = np.zeros(SHAPE, dtype=bool)
    quarantined[-20:] = True

    used = days(quarantined=quarantined)

    assert used[Window.POOLED].sum(axis=0).tolist() == [1, 3]
    assert used[Window.OWN].sum(axis=0).tolist() == [37, 37]


def test_it_adds_rows_in_any_parts() -> None:
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 9, (N_DAYS, 3, 64))
    used = days()[:, :, [0, 0, 1]]
    total = np.zeros((len(Window), 3, 64))
    for part in np.array_split(rng.permutation(N_DAYS * 3), 7):
        add_rows(total, rows.reshape(-1, 64)[part], part % 3, used.reshape(4, -1)[:, part])

    for window in Window:
        assert np.array_equal(total[window], merged(rows, used[window]))


def test_it_compares_the_day_with_both_references() -> None:
    rng = np.random.default_rng(2)
    rows = np.stack([[normal_histogram(rng, 200) for _window in Window] for _row in range(2)], 1)
    counts = rng.integers(100, 200, (len(Window), 3, 1)).astype(float)
    numeric = Summed(rows, np.array([0, 1]))
    three = np.array([0, 1, 0])
    series = Series(2, three, three, three == 1, three == 0)

    day = fleet_day(days(), numeric, Summed(counts, np.array([2, 2, 2])), series)

    own = compare_numeric(rows[1], rows[2], numeric.series, 2, np.array([56, 54]))
    lagged = compare_numeric(rows[0], rows[3], numeric.series, 2, np.array([64, 64]))
    assert np.array_equal(day.one_day.value[:, :2], own.value, equal_nan=True)
    assert np.array_equal(day.lagged.value[:, :2], lagged.value, equal_nan=True)
    assert day.one_day.n[2] == counts[Window.POOLED].sum()


def test_it_shows_the_reference_in_todays_mix() -> None:
    today, reference = np.array([[90, 0], [0, 10], [1, 0]]), np.array([[100, 0], [0, 900], [9, 9]])

    ours, usual = in_one_mix(today, reference)

    assert ours.tolist() == usual.tolist() == [90, 10]


def test_it_adjusts_nothing_where_no_device_can_be_compared() -> None:
    ours, usual = in_one_mix(np.array([[1, 1]]), np.array([[5, 0]]))

    assert (ours.tolist(), usual.tolist()) == ([1, 1], [5, 0])
