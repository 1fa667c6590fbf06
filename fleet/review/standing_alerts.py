"""The alerts that stand beside a region's day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from fleet.alerts.findings import latest_findings
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Level as KindLevel
from fleet.alerts.messages import sentence
from fleet.alerts.models import Alert, Finding
from fleet.alerts.titles import titles
from fleet.alerts.visible import with_silence
from fleet.review.figures import plain


@dataclass(frozen=True, slots=True)
class StandingAlert:
    """An alert that nobody resolved yet; `held_by` names who took it, or nobody.

    `sentence` says what was found last, with its number and limit where it has them.
    """

    pk: int
    kind: str
    family: str
    title: str
    sentence: str
    is_failing: bool
    opened_at: datetime
    held_by: str
    is_silenced: bool


def standing_alerts(now: datetime) -> Mapping[int, tuple[StandingAlert, ...]]:
    """Return the alerts of every region that stand now, oldest first, in three queries at most.

    What a lost link explains is left out: nothing is known behind it.
    """
    # Not of some regions only: naming a thousand takes longer than reading what stands.
    bare = Alert.objects.filter(
        Q(under=None) | Q(under__region=None), resolved_at=None, region__isnull=False
    )
    standing = list(
        with_silence(bare, now).select_related("acknowledged_by").order_by("opened_at", "pk")
    )
    newest = latest_findings(standing) if standing else {}
    words = titles()
    found: dict[int, tuple[StandingAlert, ...]] = {}
    for one in standing:
        if one.region_id is not None:
            alert = _standing(one, words.get(one.kind, one.kind), newest.get(one.pk))
            found[one.region_id] = (*found.get(one.region_id, ()), alert)
    return found


def _standing(one: Alert, title: str, newest: Finding | None) -> StandingAlert:
    return StandingAlert(
        one.pk,
        one.kind,
        one.family,
        title,
        sentence(newest, one.kind) or f"{title}.",
        one.kind in KINDS and KINDS[one.kind].level is KindLevel.FAILING,
        one.opened_at,
        name_of(one.acknowledged_by) if one.acknowledged_by else "",
        getattr(one, "is_muted", False),
    )


def name_of(user: User) -> str:
    return plain(user.get_full_name() or user.get_username())
