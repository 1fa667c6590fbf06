from __future__ import annotations

import numpy as np
import pytest

from regions.drift.categories import new_categories, new_values

ONE = np.zeros(3, dtype=int)
REFERENCE = np.array([700, 299, 1])


def test_it_names_a_new_scanner() -> None:
    (verdict,) = new_categories(np.array([80, 10, 10]), np.array([700, 300, 0]), ONE, 1)

    assert (verdict.subject, verdict.value, verdict.n) == (2, 0.1, 10)
    assert verdict.score > verdict.limit


@pytest.mark.parametrize(
    ("today", "reference"),
    [
        ([90, 6, 4], [700, 300, 0]),  # four studies are chance
        ([900, 85, 15], [700, 300, 0]),  # less than two in a hundred
        ([80, 10, 10], [700, 298, 2]),  # it was there before
        ([80, 10, 10], [200, 99, 0]),  # too little is known
    ],
)
def test_it_does_not_take_these_for_new(today: list[int], reference: list[int]) -> None:
    assert new_categories(np.array(today), np.array(reference), ONE, 1) == []


def test_it_names_in_a_week_what_comes_in_slowly() -> None:
    last, total = np.array([[97, 2, 1], [600, 80, 20]]), np.array([5000, 700, 21])

    (verdict,) = new_values(last, total, ONE, 1)

    assert (verdict.subject, verdict.n, verdict.n_days) == (2, 20, 7)


def test_it_does_not_name_what_came_last_week_and_no_more() -> None:
    last, total = np.array([[97, 3, 0], [600, 80, 20]]), np.array([5000, 700, 21])

    assert new_values(last, total, ONE, 1) == []
