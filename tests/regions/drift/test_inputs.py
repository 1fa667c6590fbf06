from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from regions.drift.comparison import Channel
from regions.drift.inputs import (
    DAYS_KEPT,
    FleetDay,
    State,
    empty_state,
    judge_day,
    realigned,
    with_moved,
)
from regions.drift.verdicts import Rule, Verdict
from tests.regions.drift.fleets import N_SERIES, SERIES, fleet_days


def lived(days: list[FleetDay], state: State | None = None) -> tuple[list[list[Verdict]], State]:
    state = state or empty_state(N_SERIES)
    said = []
    for day in days:
        verdicts, state = judge_day(day, state)
        said.append(verdicts)
    return said, state


@cache
def quiet() -> State:
    """Return the state after 60 days on which nothing happened."""
    return lived(list(fleet_days(1, 60)))[1]


def next_day(shift: float = 0.0) -> FleetDay:
    """Return the day after them, its first series shifted."""
    return list(fleet_days(1, 61, shift, from_day=60))[-1]


def numbers(state: State) -> list[np.ndarray]:
    return [
        state.sums,
        *(getattr(past, name) for past in (state.day, state.slow) for name in vars(past)),
    ]


def test_it_says_the_same_when_days_are_judged_again() -> None:
    days = list(fleet_days(1, 60, shift=0.8, from_day=40))
    said, state = lived(days)
    _before, half = lived(days[:45])
    kept = [np.array(one.tolist(), dtype=one.dtype) for one in numbers(half)]
    read = replace(
        half,
        sums=kept[0],
        day=replace(half.day, excess=kept[1], score=kept[2], is_off=kept[3]),
        slow=replace(half.slow, excess=kept[4], score=kept[5], is_off=kept[6]),
    )

    again, end = lived(days[45:], read)

    assert again == said[45:]
    assert any(again)
    for ours, theirs in zip(numbers(end), numbers(state), strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)


def test_it_finds_a_jump_on_its_day() -> None:
    (first, *_rest), _state = judge_day(next_day(1.0), quiet())

    assert (first.rule, first.subject) == (Rule.DAY, 0)
    assert first.score > first.limit
    assert first.value > first.high > 0 >= first.low
    assert (first.n, first.n_reference) == (200, 5000)


def test_it_finds_a_creep_that_no_day_shows() -> None:
    said, _state = lived(list(fleet_days(3, 90, shift=0.3, from_day=50)))

    creeps = [one for day in said[50:] for one in day if one.rule is Rule.SLOW]

    assert 0 in {one.subject for one in creeps}
    assert all(one.score > one.limit == 8 for one in creeps)


def test_it_is_silent_while_nothing_drifts() -> None:
    said, _state = lived(list(fleet_days(4, 100)))

    # Of 24 series over some 60 days that are judged.
    assert sum(map(len, said)) <= 4


def test_it_is_silent_while_it_knows_too_little() -> None:
    said, _state = lived(list(fleet_days(5, 5, shift=3.0, from_day=3)))

    assert said == [[]] * 5


@pytest.mark.parametrize(("n", "rules"), [(49, {Rule.SLOW}), (19, set())])
def test_it_passes_over_days_of_too_few_studies(n: int, rules: set[Rule]) -> None:
    day, few, state = next_day(1.5), np.full(N_SERIES, n), quiet()
    small = replace(day, one_day=replace(day.one_day, n=few), lagged=replace(day.lagged, n=few))
    verdicts = []
    for _day in range(8):
        said, state = judge_day(small, state)
        verdicts += said

    assert {one.rule for one in verdicts if one.subject == 0} == rules


def test_it_keeps_no_sums_on_days_off() -> None:
    day = replace(next_day(2.0), is_off=np.ones(N_SERIES, dtype=bool))

    _verdicts, after = judge_day(day, quiet())

    assert np.array_equal(after.sums, quiet().sums)


def test_it_does_not_remember_days_that_are_excluded() -> None:
    _verdicts, after = judge_day(replace(next_day(), is_excluded=SERIES == 3), quiet())

    assert np.isnan(after.day.score[-1, :, 3]).all()
    assert not np.isnan(after.day.score[-1, Channel.LOCATION, 2])


def test_it_keeps_no_more_days_than_it_needs() -> None:
    state = quiet()
    day = next_day()
    for _day in range(DAYS_KEPT - 60 + 2):
        _verdicts, state = judge_day(day, state)

    assert len(state.day.excess) == DAYS_KEPT


def test_it_begins_again_for_a_new_series() -> None:
    other = realigned(quiet(), np.array([5, -1]))

    assert np.array_equal(other.sums[:, 0], quiet().sums[:, 5])
    assert not other.sums[:, 1].any()
    assert np.isnan(other.day.score[:, :, 1]).all()


def test_it_adds_series_to_a_fleet_that_had_none() -> None:
    assert realigned(empty_state(0), np.array([-1, -1])).sums.shape == (4, 2)


def test_it_names_the_bins_that_moved_most() -> None:
    (verdict, *_rest), _state = judge_day(next_day(1.0), quiet())

    moved = with_moved(verdict, np.array([0, 30, 70]), np.array([50, 30, 20])).moved

    assert [(one.position, one.share, one.usual_share) for one in moved] == [
        (0, 0.0, 0.5),
        (2, 0.7, 0.2),
    ]


def test_it_judges_late_regions_among_those_judged_before() -> None:
    day, state = next_day(0.45), quiet()
    alone, after = judge_day(day, state)
    many_unlikely = replace(day, tested=np.full(5000, 0.5))

    among_many, _state = judge_day(many_unlikely, state)

    assert (after.p[0], 0) == (np.nanmin(after.p), alone[0].subject)
    assert 0 not in {one.subject for one in among_many if one.rule is Rule.DAY}
