"""Judge a day of all series of the fleet: what jumped today, and what has been creeping away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import scipy

from regions.drift.arrays import Counts, Flags, Floats, Ints
from regions.drift.between import between_days
from regions.drift.comparison import Channel, Comparison
from regions.drift.cusum import LIMIT, accumulate
from regions.drift.discovery import discovery_limit
from regions.drift.histogram import shares
from regions.drift.pool import TAIL_SHARE, Pool, pool
from regions.drift.verdicts import Moved, Rule, Verdict

MIN_FOR_A_DAY = 50
MIN_FOR_SUMS = 20
# Effects below these are not worth a person's minute, however sure they are.
LEAST = {Channel.LOCATION: 0.06, Channel.TAIL: 0.02, Channel.SHAPE: 0.10}
DAYS_KEPT = 120
# The sums: upwards and downwards for location, upwards alone for the others.
SUM_CHANNELS = (Channel.LOCATION, Channel.LOCATION, Channel.TAIL, Channel.SHAPE)


@dataclass(frozen=True)
class FleetDay:
    """What a day is judged by. `one_day` compares the day, pooled back where it is small, with its
    own recent days; `lagged` the day alone with the older ones. `feature` (S,) tells which series
    are the same attribute, `is_off` (S,) weekends and holidays, `is_excluded` (S,) days that are
    judged but not remembered, because a confirmed alert is open. `tested` are the probabilities of
    the same day that were judged before, of regions that came sooner."""

    one_day: Comparison
    lagged: Comparison
    feature: Ints
    is_off: Flags
    is_excluded: Flags
    tested: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Past:
    """The last 120 days against one reference: excess and score (T, C, S), NaN where a day was not
    judged, and whether it was off (T, S)."""

    excess: Floats
    score: Floats
    is_off: Flags


@dataclass(frozen=True)
class State:
    """Everything that tomorrow needs of today: two pasts and the four sums (4, S). Numbers only;
    judging the days again from an empty state gives the same numbers. `p` (S,) are the last day's
    probabilities, for regions that come later; NaN where nothing was tested."""

    day: Past
    slow: Past
    sums: Floats
    p: Floats


@dataclass(frozen=True)
class _Scored:
    comparison: Comparison
    spread: Floats
    score: Floats
    p: Floats
    pools: tuple[Pool | None, ...]

    def usual_high(self, channel: Channel, series: int) -> float:
        one = self.pools[channel]
        return float(one.limit * self.spread[channel, series]) if one else float("nan")


def empty_state(n_series: int) -> State:
    """Return the state of a fleet of which nothing is known."""
    nothing = np.full((0, len(Channel), n_series), np.nan)
    past = Past(nothing, nothing, np.zeros((0, n_series), dtype=np.bool_))
    return State(past, past, np.zeros((len(SUM_CHANNELS), n_series)), np.full(n_series, np.nan))


def realigned(state: State, positions: Ints) -> State:
    """Return the state for other series: `positions` (S',) of each in this one, −1 for new ones.

    A series that begins again, for a new model version or an accepted change, is a new one.
    """
    is_new = positions < 0
    at = np.where(is_new, 0, positions)

    def taken(past: Past) -> Past:
        if not state.sums.shape[1]:
            nothing = np.full((*past.excess.shape[:2], len(positions)), np.nan)
            return Past(nothing, nothing, np.zeros((len(nothing), len(positions)), dtype=np.bool_))
        return Past(
            np.where(is_new, np.nan, past.excess[:, :, at]),
            np.where(is_new, np.nan, past.score[:, :, at]),
            past.is_off[:, at] & ~is_new,
        )

    sums = np.zeros((len(SUM_CHANNELS), len(positions)))
    sums[:, ~is_new] = state.sums[:, positions[~is_new]]
    return State(taken(state.day), taken(state.slow), sums, np.full(len(positions), np.nan))


def judge_day(day: FleetDay, state: State) -> tuple[list[Verdict], State]:
    """Return what is not usual today, and the state for tomorrow. Verdicts name a series.

    A jump (`Rule.DAY`) is a discovery at 5 % among all series of the fleet, with an effect of at
    least 0.06 in location (probability less ½), 0.02 of mass in the tail, or 0.10 in shape
    (Jensen–Shannon distance). A creep (`Rule.SLOW`) is a sum of daily scores against the lagged
    reference that passed 8. `value` is that of the channel that is named: probability less ½, mass,
    or bits. Days of fewer than 50 studies, for sums 20, are passed over, and off days have no sums.
    """
    one_day = _scored(day.one_day, state.day, day, day.one_day.n >= MIN_FOR_A_DAY)
    is_judged = (day.lagged.n >= MIN_FOR_SUMS) & ~day.is_off
    slow = _scored(day.lagged, state.slow, day, is_judged)
    sums, reached, is_over = accumulate(state.sums, _steps(slow))
    p = _of_all_channels(one_day)
    limit = discovery_limit(np.concatenate([p, day.tested]))
    verdicts = [*_jumps(one_day, p, limit), *_creeps(slow, reached, is_over)]
    pasts = _remembered(state.day, one_day, day), _remembered(state.slow, slow, day)
    return verdicts, State(*pasts, sums, p)


def with_moved(verdict: Verdict, today: Counts, reference: Counts, n: int = 3) -> Verdict:
    """Return the verdict with the n bins, or categories, that moved most; both (B,) counts."""
    p, q = shares(today), shares(reference)
    first = np.argsort(-np.abs(p - q), kind="stable")[:n]
    return replace(
        verdict, moved=tuple(Moved(int(b), float(p[b]), float(q[b])) for b in first if p[b] != q[b])
    )


def _scored(comparison: Comparison, past: Past, day: FleetDay, is_judged: Flags) -> _Scored:
    between = between_days(past.excess, past.is_off == day.is_off, day.feature)
    value = np.where(is_judged, comparison.value, np.nan)
    spread = comparison.noise + between
    spread[: Channel.SHAPE] = np.sqrt(spread[: Channel.SHAPE])
    # An attribute that never had a second value has no spread: new values are another rule's.
    score = np.divide(value, spread, out=np.full_like(value, np.nan), where=spread > 0)
    pools = []
    p = np.full_like(score, np.nan)
    for channel in Channel:
        sizes = past.score[:, channel]
        one = pool(np.abs(sizes) if channel is Channel.LOCATION else sizes)
        pools.append(one)
        if one:
            today = np.abs(score[channel]) if channel is Channel.LOCATION else score[channel]
            p[channel] = one.p(today)
    return _Scored(replace(comparison, value=value), spread, score, p, tuple(pools))


def _steps(slow: _Scored) -> Floats:
    location = np.where(np.isnan(slow.p[Channel.LOCATION]), np.nan, slow.score[Channel.LOCATION])
    rare = scipy.stats.norm.isf(slow.p[Channel.TAIL :])
    return np.concatenate([location[None], -location[None], rare])


def _of_all_channels(scored: _Scored) -> Floats:
    """Return the probability (S,) of the least probable channel, corrected for their number."""
    n_channels = (~np.isnan(scored.p)).sum(axis=0)
    least = np.where(np.isnan(scored.p), np.inf, scored.p).min(axis=0)
    p = np.where(n_channels > 0, np.minimum(1, np.maximum(n_channels, 1) * least), np.nan)
    return np.asarray(p, dtype=np.float64)


def _jumps(scored: _Scored, p: Floats, limit: float) -> Iterator[Verdict]:
    n_channels = (~np.isnan(scored.p)).sum(axis=0)
    for series in np.flatnonzero((p <= limit) & _is_worth_it(scored.comparison)):
        channel = Channel(int(np.nanargmin(scored.p[:, series])))
        one = scored.pools[channel]
        if one is None:
            continue
        score_limit = one.score(min(limit / n_channels[series], TAIL_SHARE))
        score = abs(float(scored.score[channel, series]))
        yield _verdict(Rule.DAY, scored, channel, int(series), score, score_limit)


def _is_worth_it(comparison: Comparison) -> Flags:
    size = np.abs(comparison.value)
    size[Channel.TAIL] = comparison.value[Channel.TAIL]
    size[Channel.SHAPE] = np.sqrt(np.maximum(comparison.excess[Channel.SHAPE], 0))
    least = np.array([LEAST[channel] for channel in Channel])
    return np.asarray((size >= least[:, None]).any(axis=0), dtype=np.bool_)


def _creeps(scored: _Scored, reached: Floats, is_over: Flags) -> Iterator[Verdict]:
    for which, series in np.argwhere(is_over):
        score = float(reached[which, series])
        channel = SUM_CHANNELS[which]
        yield _verdict(Rule.SLOW, scored, channel, int(series), score, LIMIT)


def _verdict(
    rule: Rule, scored: _Scored, channel: Channel, series: int, score: float, limit: float
) -> Verdict:
    high = scored.usual_high(channel, series)
    return Verdict(
        rule=rule,
        subject=series,
        value=float(scored.comparison.value[channel, series]),
        low=-high if channel is Channel.LOCATION else 0.0,
        high=high,
        score=score,
        limit=limit,
        n=int(scored.comparison.n[series]),
        n_reference=int(scored.comparison.m[series]),
        channel=channel.name.lower(),
    )


def _remembered(past: Past, scored: _Scored, day: FleetDay) -> Past:
    def added(earlier: Floats, today: Floats) -> Floats:
        kept = np.where(day.is_excluded, np.nan, today)[None]
        return np.concatenate([earlier, kept])[-DAYS_KEPT:]

    return Past(
        added(past.excess, scored.comparison.excess),
        added(past.score, scored.score),
        np.concatenate([past.is_off, day.is_off[None]])[-DAYS_KEPT:],
    )
