"""The book of alerts' quality in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from fleet.alerts.kinds import KINDS
from fleet.alerts.pages.words import Words
from fleet.alerts.quality import Quality, quality
from fleet.alerts.visible import visible_alerts

HOW_LONG = timedelta(days=366)
# Above this share of false alarms people stop trusting a kind.
TOLERABLE = 0.1


@dataclass(frozen=True, slots=True)
class Line:
    """A kind's month. `is_noisy` says that its false alarms are more than people bear."""

    title: str
    runbook: str
    opened: str
    acted_on: str
    silenced: str
    by_themselves: str
    false: str
    false_share: str
    is_noisy: bool


@dataclass(frozen=True, slots=True)
class Month:
    name: str
    lines: list[Line]


def quality_page(account: User, now: datetime) -> list[Month]:
    """Return the months of the last year, newest first, for the alerts that the account sees."""
    words = Words.of_active_language(now)
    found = quality(visible_alerts(account), settings.FLEET_TIME_ZONE, now - HOW_LONG, now)
    return [
        Month(words.month(month), [_line(one, words) for one in lines])
        for month, lines in groupby(found, key=lambda one: one.month)
    ]


def _line(one: Quality, words: Words) -> Line:
    count = words.figures.count
    return Line(
        title=words.title(one.kind),
        runbook=reverse("runbook", args=[one.kind]) if one.kind in KINDS else "",
        opened=count(one.n_opened),
        acted_on=count(one.n_acted_on),
        silenced=count(one.n_silenced),
        by_themselves=count(one.n_by_themselves),
        false=count(one.n_false),
        false_share=words.figures.percent(one.false_share),
        is_noisy=one.false_share is not None and one.false_share > TOLERABLE,
    )
