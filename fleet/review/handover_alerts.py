"""What the handover says of alerts, silences and work: a line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext as _

from fleet.alerts.models import Maintenance, Silence
from fleet.alerts.silences import lasting_silences, standing_maintenances
from fleet.alerts.titles import titles
from fleet.alerts.visible import visible_alerts, visible_maintenances, visible_silences
from fleet.review.figures import day_name, plain
from fleet.review.signing import clock_words
from fleet.review.standing_alerts import name_of
from regions.models import Region


@dataclass(frozen=True, slots=True)
class Standing:
    """Lines, the oldest alert first, and first what ends first."""

    alerts: Sequence[str] = ()
    silences: Sequence[str] = ()
    works: Sequence[str] = ()


def standing(account: User, now: datetime) -> Standing:
    """Return what stands now, of what the account may see, in three queries.

    What another alert of a region explains stands under that one.
    """
    alerts = visible_alerts(account).filter(Q(under=None), resolved_at=None)
    silences = lasting_silences(visible_silences(account), now)
    works = standing_maintenances(visible_maintenances(account), now)
    words, clock = titles(), clock_words(now)
    lines = []
    for one in alerts.select_related("region", "acknowledged_by").order_by("opened_at", "pk"):
        held = name_of(one.acknowledged_by) if one.acknowledged_by else _("nobody has it")
        lines.append(
            f"#{one.pk} {_named(one.region)}: {words.get(one.kind, one.kind)}, "
            f"{clock(one.opened_at)}, {held}"
        )
    return Standing(
        lines,
        [
            _silence(one, words, clock(one.ends_at))
            for one in silences.select_related("region", "author")
        ],
        [_work(one) for one in works.select_related("region", "author")],
    )


def _named(region: Region | None) -> str:
    return plain(region.name) if region else _("The whole fleet")


def _silence(one: Silence, words: dict[str, str], until: str) -> str:
    what = words.get(one.kind, one.kind) if one.kind else _("All kinds")
    ends = _("until %(time)s") % {"time": until}
    return f"{_named(one.region)}: {what}, {ends}, {name_of(one.author)}: {one.reason}"


def _work(one: Maintenance) -> str:
    days = f"{day_name(one.first_day)} – {day_name(one.last_day)}"
    hours = f"{one.since:%H:%M}–{one.until:%H:%M}"
    return f"{_named(one.region)}: {days}, {hours}, {name_of(one.author)}: {one.reason}"
