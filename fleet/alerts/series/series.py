"""A number of a region over time, with what an alert was judged by. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fleet.alerts.kinds.kind import Measure

Value = float | None


@dataclass(frozen=True, slots=True)
class Series:
    """`title` names the number, `about` what it is of, in a region's own word.

    A value that nobody knows is None: a gap, never a zero.
    `times` are the region's local days, or instants at which hours begin. `low` and `high` are the
    usual range at each of them; `limit` holds for all.
    """

    title: str
    measure: Measure
    times: tuple[date | datetime, ...]
    values: tuple[Value, ...]
    limit: Value = None
    low: tuple[Value, ...] = ()
    high: tuple[Value, ...] = ()
    about: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is anything to draw."""
        return any(value is not None for value in self.values)


def last_days(until: date, n: int) -> list[date]:
    """Return the `n` days up to `until`, it included."""
    return [until - timedelta(days=age) for age in reversed(range(n))]


def share(part: float | None, whole: float | None) -> Value:
    """Return a share; None of nothing."""
    return part / whole if part is not None and whole else None


def rolling(values: Sequence[Value], n: int) -> list[Value]:
    """Return the sums over the last `n` values; None where one of them is not known."""
    sums: list[Value] = []
    for at in range(len(values)):
        window = [value for value in values[max(at - n + 1, 0) : at + 1] if value is not None]
        sums.append(sum(window) if len(window) == n else None)
    return sums
