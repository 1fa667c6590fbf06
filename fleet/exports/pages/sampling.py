"""A sample of a day's studies, some of each class, read live from the region."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import User

from fleet.review.studies_asked import Asked
from fleet.review.studies_read import read
from fleet.review.studies_refusal import Refusal
from regions.answers import Order
from regions.models import Region

MOST_OF_CLASS = 10
MOST_CLASSES = 6


@dataclass(frozen=True, slots=True)
class Sample:
    """References without repetitions, with the classes of which there were fewer than wanted."""

    refs: tuple[str, ...]
    short: tuple[str, ...]


def sample(
    account: User,
    region: Region,
    day: date,
    classes: Sequence[str],
    n: int,
    now: datetime,
    *,
    is_highest: bool,
) -> Sample | Refusal:
    """Return `n` studies of each class, those with the highest scores or any of the latest fifty.

    One reading for each class; it is written down that the account read them.
    """
    refs: dict[str, None] = {}
    short = []
    for code in classes[:MOST_CLASSES]:
        order = Order.SCORE if is_highest else Order.LATEST
        found = read(account, region, day, Asked(order, class_code=code), now)
        if isinstance(found, Refusal):
            return found
        there = list(dict.fromkeys(row.study_ref for row in found.rows if row.study_ref))
        # A study that was drawn for one class is not drawn again for another.
        fresh = [ref for ref in there if ref not in refs]
        drawn = fresh[:n] if is_highest else random.sample(fresh, min(n, len(fresh)))
        refs |= dict.fromkeys(drawn)
        if len(drawn) < n:
            short.append(code)
    return Sample(tuple(refs), tuple(short))
