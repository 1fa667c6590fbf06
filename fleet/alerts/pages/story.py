"""The page of one alert: what was found, what happened, what explains it, and what was alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Family
from fleet.alerts.messages import in_unit, usual_range
from fleet.alerts.models import Alert, AlertEvent, Finding, Silence
from fleet.alerts.new_normal import BY_SHARE, may_be_normal
from fleet.alerts.pages.details import detail_of
from fleet.alerts.pages.evidence import evidence
from fleet.alerts.pages.inbox import Row, rows, where
from fleet.alerts.pages.words import Words, unbroken
from fleet.alerts.silences import lasting_silences
from fleet.alerts.visible import may_act_on, visible_alerts, with_silence
from fleet.exports.rights import visible_exports
from fleet.people.rights import visible_regions
from fleet.review.charts import Plot, Section, plots_of
from fleet.review.figures import plain
from fleet.review.standing_alerts import name_of
from regions.attributes import attribute_name
from regions.localday import local_day

MOST_FINDINGS = 20
MOST_ALIKE = 5
# Their scores compare with the region's own days before.
SCORED = {"input_drift", "output_drift"}
# What they find is of the way or of the center, not of studies.
WITHOUT_STUDIES = {Family.LINK, Family.DATA, Family.CLOCK, Family.CONTRACT, Family.COLLECTOR}


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as a line of a table; `attribute` and `detail` hold a region's own words."""

    at: str
    title: str
    attribute: str
    score: str
    limit: str
    usual: str
    detail: str


@dataclass(frozen=True, slots=True)
class Happened:
    at: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Muted:
    """A silence that lasts and covers the alert."""

    until: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A request for studies behind the alert."""

    pk: int
    by: str
    when: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alike:
    """An alert of the same kind that is over, and how it ended."""

    pk: int
    where: str
    when: str
    ended: str
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """All that the template prints. `day` is the region's local day that the links lead to; `above`
    is the id of the alert that explains this one, if the reader may see it."""

    row: Row
    over: str
    there: str
    code: str
    day: str
    above: int | None
    below: list[Row]
    found: list[Found]
    n_more_found: int
    history: list[Happened]
    silences: list[Muted]
    alike: list[Alike]
    runbook: str
    is_over: bool
    is_own: bool
    is_held: bool
    may_act: bool
    why_not: str
    sections: tuple[Section, ...]
    has_sample: bool
    exports: list[AskedFor]
    normal_means: str

    @property
    def plots(self) -> dict[str, Plot]:
        """The figures by the key of their chart, for the page's script."""
        return plots_of(self.sections)


def story(account: User, alert: Alert, now: datetime) -> Story:
    """Return the page of an alert that comes from `visible_alerts` and `with_silence`."""
    words = Words.of_active_language(now)
    (row,) = rows(account, [alert], words)
    events = list(alert.events.select_related("author"))
    found = findings_of(alert, events)
    newest = found[0] if found else None
    judged = next((one for one in found if one.kind == alert.kind), None)
    seen = visible_alerts(account)
    may_act = may_act_on(account, alert)
    return Story(
        row=row,
        over=_over(judged, words) if judged else "",
        there=words.there(alert),
        code=alert.region.code if alert.region else "",
        day=_day(alert, newest, now),
        above=seen.filter(explains=alert).values_list("pk", flat=True).first(),
        below=rows(account, _below(account, alert, now), words),
        found=[_found(one, words) for one in found[:MOST_FINDINGS]],
        n_more_found=len(found[MOST_FINDINGS:]),
        history=[Happened(words.clock(e.at), words.happened(e), e.reason) for e in events],
        silences=_silences(alert, words),
        alike=_alike(account, alert, words),
        runbook=reverse("runbook", args=[alert.kind]) if alert.kind in KINDS else "",
        is_over=alert.resolved_at is not None,
        is_own=alert.acknowledged_by_id == account.pk,
        is_held=alert.acknowledged_by_id is not None,
        may_act=may_act,
        why_not="" if may_act or alert.region_id else _only_all(),
        sections=evidence(account, alert, judged, now),
        normal_means=_normal_means(alert),
        has_sample=judged is not None and alert.family not in WITHOUT_STUDIES,
        exports=_exports(account, alert, words),
    )


def _normal_means(alert: Alert) -> str:
    """Return what happens when the alert is taken for normal; "" if it cannot be."""
    if not may_be_normal(alert):
        return ""
    if alert.kind in BY_SHARE:
        return _(
            "The share that was found last is usual from now on, until nine weeks have passed, and"
            " the alert is resolved. What is worse is found at once."
        )
    return _(
        "What the rules compare with begins again today, and the alert is resolved. For some days"
        " the region is learning, and such changes are found later."
    )


def findings_of(alert: Alert, events: Sequence[AlertEvent]) -> list[Finding]:
    """Return what was found while the alert stood, newest first."""
    if alert.region_id is None or not events:
        return []
    family = [kind.code for kind in KINDS.values() if kind.family == alert.family]
    found = Finding.objects.select_related("region").filter(
        region=alert.region_id,
        kind__in=family,
        service=alert.service,
        version=alert.version,
        found_at__gte=events[0].at,
    )
    if alert.resolved_at is not None:
        found = found.filter(found_at__lte=alert.resolved_at)
    return list(found.order_by("-begins_at", "-pk")[: 10 * MOST_FINDINGS])


def _only_all() -> str:
    return _("It is an alert of the fleet: only who sees all regions acts on it.")


def _day(alert: Alert, newest: Finding | None, now: datetime) -> str:
    """Return the region's local day to look at: that of the newest finding, else of the opening."""
    if newest is not None:
        return newest.day.isoformat()
    if alert.region is None:
        return ""
    return min(local_day(alert.opened_at, alert.region.zone), now.date()).isoformat()


def _below(account: User, alert: Alert, now: datetime) -> list[Alert]:
    """Return the alerts that this one explains, of regions that the account sees."""
    explained = Alert.objects.filter(under=alert, region__in=visible_regions(account))
    chosen = with_silence(explained, now).select_related("region", "acknowledged_by")
    return list(chosen.order_by("region__name", "pk"))


def _found(finding: Finding, words: Words) -> Found:
    at = words.clock(finding.begins_at)
    if finding.span >= timedelta(days=1):
        at = words.day(finding.day)
    if (n := finding.span.days) > 1:
        days = ngettext("%(n)s day to %(day)s", "%(n)s days to %(day)s", n)
        at = unbroken(days % {"n": n, "day": at})
    return Found(
        at=at,
        title=words.title(finding.kind),
        attribute=plain(attribute_name(finding.attribute)),
        score=unbroken(in_unit(finding, finding.score)),
        limit=unbroken(in_unit(finding, finding.limit)),
        usual=unbroken(usual_range(finding)),
        detail=plain(detail_of(finding)),
    )


def _exports(account: User, alert: Alert, words: Words) -> list[AskedFor]:
    asked = visible_exports(account).filter(alert_number=alert.pk).select_related("requester")
    return [
        AskedFor(one.pk, name_of(one.requester), words.clock(one.requested_at), one.reason)
        for one in asked.order_by("-pk")[:MOST_ALIKE]
    ]


def _over(finding: Finding, words: Words) -> str:
    """Return what a number needs to be understood: over how many days, or what a score is."""
    if finding.kind in SCORED:
        return _(
            "The score is the difference as a multiple of what chance and the region's own days"
            " make of it."
        )
    if (n := finding.span.days) < 2:
        return ""
    days = ngettext(
        "Measured over %(n)s day, up to %(day)s.", "Measured over %(n)s days, up to %(day)s.", n
    )
    return days % {"n": n, "day": words.day(finding.day)}


def _silences(alert: Alert, words: Words) -> list[Muted]:
    covering = Silence.objects.filter(
        Q(region=None) | Q(region=alert.region_id),
        service__in=("", alert.service),
        kind__in=("", alert.kind),
        begins_at__lte=words.now,
    )
    found = lasting_silences(covering, words.now)
    return [
        Muted(words.clock(one.ends_at), name_of(one.author), one.reason)
        for one in found.select_related("author")
    ]


def _alike(account: User, alert: Alert, words: Words) -> list[Alike]:
    """Return the last alerts of the kind that are over: those of this region first."""
    over = visible_alerts(account).filter(kind=alert.kind, resolved_at__isnull=False)
    over = over.exclude(pk=alert.pk).select_related("region")
    own = over.filter(region=alert.region_id) if alert.region_id else over.filter(region=None)
    chosen = list(own.order_by("-resolved_at")[:MOST_ALIKE])
    n_left = MOST_ALIKE - len(chosen)
    if n_left:
        chosen += over.exclude(pk__in=[one.pk for one in chosen]).order_by("-resolved_at")[:n_left]
    ends = AlertEvent.objects.filter(
        alert__in=[one.pk for one in chosen], kind=AlertEvent.Kind.RESOLVED
    )
    last = {event.alert_id: event for event in ends.select_related("author")}
    return [
        Alike(
            one.pk,
            where(one, 0),
            words.when(one),
            words.happened(last[one.pk]) if one.pk in last else "",
            last[one.pk].reason if one.pk in last else "",
        )
        for one in chosen
    ]
