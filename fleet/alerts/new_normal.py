"""Take what an alert found for normal: the references begin again, and the alert ends."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from fleet.alerts.findings import latest_findings
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Family
from fleet.alerts.lifecycle import Refused, resolve
from fleet.alerts.models import Alert
from fleet.alerts.models_drift import NewNormal
from regions.localday import local_day

# Rules that compare a region with its own past.
FAMILIES = frozenset({Family.INPUTS, Family.OUTPUTS, Family.VOLUME})
# Kinds of which the share that was found is what is normal then.
BY_SHARE = frozenset({"errors_up", "latency_up"})
# A region's id, a family, a service and a version.
Key = tuple[int, Family, str, str]


def may_be_normal(alert: Alert) -> bool:
    """Return whether the alert is one of those that can be taken for normal now."""
    return alert.region_id is not None and alert.resolved_at is None and _has_past(alert)


@transaction.atomic
def accept_new_normal(alert: Alert, author: User, reason: str, now: datetime) -> NewNormal:
    """Begin the references of the alert's rules again with the region's day, and resolve it.

    Of errors and slow answers the share that was found last is usual from now on.

    Raises Refused with a sentence: without a reason, when it is over, and for alerts that are not
    made by comparing a region with its own past.
    """
    region = alert.region
    if region is None or not _has_past(alert):
        raise Refused(
            _("This alert has no past to begin again: resolve it, or silence it with a reason.")
        )
    found = latest_findings([alert]).get(alert.pk) if alert.kind in BY_SHARE else None
    reason = reason.replace("\0", "").strip()
    resolve(alert.pk, author, reason, now)
    return NewNormal.objects.create(
        alert=alert,
        region=region,
        family=alert.family,
        service=alert.service,
        version=alert.version,
        first_day=local_day(now, region.zone),
        share=found.score if found else None,
        author=author,
        reason=reason[:500],
        at=now,
    )


def normal_shares(kind: str, since: date) -> dict[int, float]:
    """Return by region the share that was last taken for normal, on the day `since` or later."""
    accepted = NewNormal.objects.filter(
        family=KINDS[kind].family, first_day__gte=since, share__isnull=False
    ).order_by("first_day", "pk")
    return {region: share or 0.0 for region, share in accepted.values_list("region_id", "share")}


def _has_past(alert: Alert) -> bool:
    return alert.family in FAMILIES or alert.kind in BY_SHARE


def restarts(by: date) -> dict[Key, date]:
    """Return by key the last first day of references, of those accepted up to the day `by`."""
    accepted = NewNormal.objects.filter(first_day__lte=by).order_by("first_day", "pk")
    return {
        (one.region_id, Family(one.family), one.service, one.version): one.first_day
        for one in accepted
    }
