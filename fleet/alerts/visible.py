"""Which alerts an account may see, and which it may act on."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from fleet.alerts.models import Alert, Maintenance, Silence
from fleet.people.models import Role
from fleet.people.rights import Account, may_act_as, person_of, visible_regions


def visible_alerts(account: Account) -> QuerySet[Alert]:
    """Return the alerts of the account's regions, and those of the fleet that explain one of them.

    Who sees all regions sees every alert of the fleet.
    """
    regions = visible_regions(account)
    person = person_of(account)
    if person is None:
        return Alert.objects.none()
    if person.sees_all_regions:
        return Alert.objects.filter(Q(region__in=regions) | Q(region=None))
    explains = Exists(Alert.objects.filter(under=OuterRef("pk"), region__in=regions))
    return Alert.objects.filter(Q(region__in=regions) | Q(explains, region=None))


def may_act_on(account: Account, alert: Alert) -> bool:
    """Whether the account may take, silence or resolve an alert that it sees.

    An alert of the fleet speaks of all regions, so it takes somebody who sees all.
    """
    person = person_of(account)
    sees_all = person is not None and person.sees_all_regions
    return may_act_as(account, Role.ON_CALL) and (sees_all or alert.region_id is not None)


def visible_silences(account: Account) -> QuerySet[Silence]:
    """Return the silences of the account's regions, and those of the whole fleet."""
    regions = visible_regions(account)
    return Silence.objects.filter(Q(region=None) | Q(region__in=regions))


def visible_maintenances(account: Account) -> QuerySet[Maintenance]:
    return Maintenance.objects.filter(region__in=visible_regions(account))


def with_silence(alerts: QuerySet[Alert], now: datetime) -> QuerySet[Alert]:
    """Return the same with `is_muted`: whether a silence that lasts covers the alert."""
    lasting = silence_over().filter(begins_at__lte=now, ends_at__gt=now)
    return alerts.annotate(is_muted=Exists(lasting))


def silence_over() -> QuerySet[Silence]:
    """Return the silences whose scope covers the alert of an outer query, whenever they last."""
    return Silence.objects.filter(
        Q(region=None) | Q(region=OuterRef("region")),
        Q(service="") | Q(service=OuterRef("service")),
        Q(kind="") | Q(kind=OuterRef("kind")),
    )
