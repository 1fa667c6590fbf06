"""What detectors found of alerts."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import OuterRef, Subquery

from fleet.alerts.models import Alert, Finding


def latest_findings(alerts: Iterable[Alert]) -> dict[int, Finding]:
    """Return the newest finding of each alert by the alert's id; an alert of the fleet has none."""
    newest = Finding.objects.filter(
        region=OuterRef("region"),
        kind=OuterRef("kind"),
        service=OuterRef("service"),
        version=OuterRef("version"),
    ).order_by("-begins_at", "-pk")
    asked = Alert.objects.filter(pk__in=[one.pk for one in alerts]).order_by()
    pairs = dict(asked.annotate(found=Subquery(newest.values("pk")[:1])).values_list("pk", "found"))
    findings = Finding.objects.in_bulk([pk for pk in pairs.values() if pk])
    return {alert: findings[pk] for alert, pk in pairs.items() if pk in findings}
