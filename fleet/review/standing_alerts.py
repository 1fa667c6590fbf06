"""The alerts that stand beside a region's day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection

from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Level as KindLevel
from fleet.alerts.messages import sentence
from fleet.alerts.models import Finding
from fleet.alerts.titles import titles
from fleet.review.figures import plain

# In SQL, as in known.py. The newest finding is that of `findings.latest_findings`, and a silence
# covers what `visible.silence_over` says. Of every region: naming a thousand takes longer than
# reading what stands.
_STANDING = """
SELECT a.id, a.region_id, a.kind, a.family, a.opened_at,
  EXISTS (
    SELECT FROM alerts_silence s
    WHERE s.begins_at <= %(now)s AND s.ends_at > %(now)s
    AND (s.region_id IS NULL OR s.region_id = a.region_id)
    AND s.service IN ('', a.service) AND s.kind IN ('', a.kind)),
  coalesce(f.attribute, ''), f.score, f."limit", u.username, u.first_name, u.last_name
FROM alerts_alert a
LEFT JOIN alerts_alert explaining ON explaining.id = a.under_id
LEFT JOIN auth_user u ON u.id = a.acknowledged_by_id
LEFT JOIN LATERAL (
  SELECT id, attribute, score, "limit" FROM alerts_finding
  WHERE region_id = a.region_id AND kind = a.kind
  AND service = a.service AND version = a.version
  ORDER BY begins_at DESC, id DESC LIMIT 1) f ON true
WHERE a.resolved_at IS NULL AND a.region_id IS NOT NULL AND explaining.region_id IS NULL
ORDER BY a.opened_at, a.id"""


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


class _Row(NamedTuple):
    pk: int
    region_id: int
    kind: str
    family: str
    opened_at: datetime
    is_silenced: bool
    attribute: str
    score: float | None
    limit: float | None
    username: str | None
    first_name: str
    last_name: str


def standing_alerts(now: datetime) -> Mapping[int, tuple[StandingAlert, ...]]:
    """Return the alerts of every region that stand now, oldest first, in one query.

    What a lost link explains is left out: nothing is known behind it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"now": now})
        rows = [_Row(*row) for row in cursor.fetchall()]
    if not rows:
        return {}
    words = titles()
    found: dict[int, list[StandingAlert]] = defaultdict(list)
    for row in rows:
        found[row.region_id].append(_standing(row, words.get(row.kind, row.kind)))
    return {region_id: tuple(alerts) for region_id, alerts in found.items()}


def _standing(row: _Row, title: str) -> StandingAlert:
    newest = Finding(attribute=row.attribute, score=row.score, limit=row.limit)
    return StandingAlert(
        row.pk,
        row.kind,
        row.family,
        title,
        sentence(newest, row.kind) or f"{title}.",
        row.kind in KINDS and KINDS[row.kind].level is KindLevel.FAILING,
        row.opened_at,
        _holder(row),
        row.is_silenced,
    )


def _holder(row: _Row) -> str:
    if row.username is None:
        return ""
    return name_of(User(username=row.username, first_name=row.first_name, last_name=row.last_name))


def name_of(user: User) -> str:
    return plain(user.get_full_name() or user.get_username())
