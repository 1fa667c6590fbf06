"""What explains an alert: a lost link before it, or one cause in many regions."""

from __future__ import annotations

from datetime import datetime

from fleet.alerts.changes import begin, put_under, record
from fleet.alerts.grouping import ON_A_VERSION, at_once, on_a_version
from fleet.alerts.kinds import KINDS
from fleet.alerts.models import Alert
from regions.models import Region
from regions.together import TOGETHER, Beginning, lost_together

LINK_LOST = "link_lost"
COLLECTOR_BLIND = "collector_blind"


def explain_by_link(alert: Alert, now: datetime) -> None:
    """Put what lies behind a lost link under its alert."""
    if alert.kind == LINK_LOST:
        behind = Alert.objects.filter(region=alert.region_id, resolved_at=None, under=None)
        for one in behind.exclude(pk=alert.pk):
            put_under(one, alert, now)
        return
    link = Alert.objects.filter(region=alert.region_id, kind=LINK_LOST, resolved_at=None).first()
    if link and alert.under_id is None:
        put_under(alert, link, now)


def gather(alert: Alert, n_on_version: int | None, now: datetime) -> None:
    """Put alerts of one cause in many regions under one alert of the fleet."""
    if alert.under_id is not None:
        return
    alike = Alert.objects.filter(kind=alert.kind, resolved_at=None, region__isnull=False)
    recent = alike.filter(opened_at__gte=now - TOGETHER)
    openings = [Beginning(one.opened_at, one.region_id) for one in recent if one.region_id]
    if alert.kind == LINK_LOST:
        lost = lost_together(openings, Region.objects.filter(is_active=True).count())
        if ids := frozenset(one.region_id for one in lost):
            open_for_fleet(COLLECTOR_BLIND, "", "", [*recent], ids, now)
            return
    if together := at_once(openings):
        open_for_fleet(alert.kind, "", "", [*recent], together, now)
    elif alert.version and n_on_version:
        same = alike.filter(
            service=alert.service, version=alert.version, opened_at__gte=now - ON_A_VERSION
        )
        starts = [Beginning(one.opened_at, one.region_id) for one in same if one.region_id]
        if half := on_a_version(starts, n_on_version):
            open_for_fleet(alert.kind, alert.service, alert.version, [*same], half, now)


def open_for_fleet(
    kind: str,
    service: str,
    version: str,
    alerts: list[Alert],
    regions: frozenset[int],
    now: datetime,
    since: datetime | None = None,
) -> None:
    """Put the alerts of these regions under one of the fleet, which begins if there is none."""
    key = {"region": None, "kind": kind, "service": service, "version": version}
    above = Alert.objects.filter(**key, resolved_at=None).first()
    if above is None:
        values = {"family": KINDS[kind].family, "opened_at": since or now}
        above, event = begin(key, now, values)
        above.save()
        record(above, event, now)
    for one in alerts:
        if one.region_id in regions and one.under_id != above.pk:
            put_under(one, above, now)
