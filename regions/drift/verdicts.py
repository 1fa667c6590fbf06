"""What a rule says when it speaks: the reason, as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    DAY = "day"
    SLOW = "slow"
    NEW_CATEGORY = "new_category"
    IDENTICAL = "identical"
    CLASS_SHARE = "class_share"
    PEERS = "peers"
    FLAT = "flat"
    ABSENT = "absent"
    VOLUME = "volume"
    SILENCE = "silence"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Moved:
    """A bin or a category whose share moved: its position in the rows, and both shares."""

    position: int
    share: float
    usual_share: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that is not usual.

    `subject` is the position of the series, region or row along the axis that was judged. `value`
    and its usual range `low` to `high` are in the rule's own unit, which the rule's docstring
    names; `score` passed `limit` (for probabilities both are −log10 p). `n` studies of `n_days`
    days were compared with `n_reference`. `channel` says what of a distribution moved; `moved`
    holds the bins or categories that moved most, empty where the rule has none.
    """

    rule: Rule
    subject: int
    value: float
    low: float
    high: float
    score: float
    limit: float
    n: int
    n_reference: int
    n_days: int = 1
    channel: str = ""
    moved: tuple[Moved, ...] = ()


def strongest(found: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdict with the highest score of each subject, the first of equals.

    A rule that looks at windows of several lengths speaks once.
    """
    best: dict[int, Verdict] = {}
    for one in found:
        if one.subject not in best or one.score > best[one.subject].score:
            best[one.subject] = one
    return list(best.values())
