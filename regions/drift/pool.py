"""How rare a score is among those of the whole fleet over the last months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regions.drift.arrays import Floats

TAIL_SHARE = 0.05
# With fewer scores the tail is not known, and nothing is said.
MIN_SCORES = 200


@dataclass(frozen=True)
class Pool:
    """The fleet's past scores of one channel, ascending, and the slope of their tail.

    Above the 95 % point the logarithm of the score is taken for exponential with mean `slope`, so
    that a score beyond all earlier ones still has a probability.
    """

    scores: Floats
    limit: float
    slope: float

    def p(self, score: Floats) -> Floats:
        """Return the probability (…,) of a score at least this high; NaN for NaN."""
        n_at_least = len(self.scores) - np.searchsorted(self.scores, score, side="left")
        empirical = (n_at_least + 1) / (len(self.scores) + 1)
        far = np.maximum(score, self.limit) / self.limit
        in_tail = TAIL_SHARE * far ** (-1 / self.slope)
        p = np.where(score > self.limit, in_tail, np.maximum(empirical, TAIL_SHARE))
        return np.where(np.isnan(score), np.nan, p)

    def score(self, p: float) -> float:
        """Return the score in the tail that has this probability, at most 0.05."""
        return float(self.limit * (TAIL_SHARE / p) ** self.slope)


def pool(scores: Floats) -> Pool | None:
    """Return the pool of past scores of any shape, NaN left out; None for fewer than 200."""
    known = np.sort(scores[~np.isnan(scores)], axis=None)
    if len(known) < MIN_SCORES:
        return None
    limit = float(np.quantile(known, 1 - TAIL_SHARE))
    above = known[known > limit]
    if limit <= 0 or not len(above):
        return None
    return Pool(known, limit, max(float(np.mean(np.log(above / limit))), 1e-3))
