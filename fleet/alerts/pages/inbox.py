"""The list of alerts: filtered by the address, the gravest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.alerts.findings import latest_findings
from fleet.alerts.kinds import KINDS
from fleet.alerts.models import Alert, AlertEvent, Finding
from fleet.alerts.pages.asked import Asked, Show
from fleet.alerts.pages.details import detail_of
from fleet.alerts.pages.words import Words, is_failing
from fleet.alerts.visible import may_act_on, visible_alerts, with_silence
from fleet.people.rights import visible_regions
from fleet.review.figures import plain
from fleet.review.levels import GLYPHS, level_words
from fleet.review.situation import Level

ON_A_PAGE = 50
RESOLVED_GLYPH = "✓"
FAILING = [code for code in KINDS if is_failing(code)]


@dataclass(frozen=True, slots=True)
class Row:
    """One alert as a list shows it. `held` says who has it, `marks` that it came back, is unstable
    or silenced; `detail` is text that a detector took from a region."""

    pk: int
    level: str
    glyph: str
    word: str
    where: str
    title: str
    about: str
    measured: str
    detail: str
    when: str
    held: str
    marks: tuple[str, ...]
    may_take: bool


@dataclass(frozen=True, slots=True)
class Tab:
    text: str
    n: int
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """All that the template prints. `before` and `after` are addresses of pages, or nothing."""

    rows: list[Row]
    tabs: list[Tab]
    nothing: str
    before: str
    after: str


def inbox(account: User, asked: Asked, now: datetime) -> Inbox:
    """Return a page of the alerts that the address asks for, of those the account may see."""
    words = Words.of_active_language(now)
    seen = _filtered(account, asked, now)
    start = (asked.page - 1) * ON_A_PAGE
    chosen = _ordered(seen.filter(_passes(asked.show, account)), asked.show)
    found = list(chosen[start : start + ON_A_PAGE + 1])
    page = found[:ON_A_PAGE]
    return Inbox(
        rows=rows(account, page, words),
        tabs=_tabs(seen, account, asked),
        nothing="" if page else _nothing(asked),
        before=asked.on_page(asked.page - 1).address if asked.page > 1 else "",
        after=asked.on_page(asked.page + 1).address if len(found) > ON_A_PAGE else "",
    )


def rows(account: User, alerts: Sequence[Alert], words: Words) -> list[Row]:
    """Return the alerts in words, in three queries. They come from `with_silence`."""
    findings = latest_findings(alerts)
    ids = [alert.pk for alert in alerts]
    regions = visible_regions(account)
    n_under = dict(
        Alert.objects.filter(under__in=ids, region__in=regions)
        .order_by()
        .values_list("under")
        .annotate(n=Count("pk"))
    )
    back = AlertEvent.objects.filter(alert__in=ids, kind=AlertEvent.Kind.REOPENED)
    came_back = set(back.values_list("alert", flat=True))
    marks = level_words()
    return [
        _row(
            alert,
            findings.get(alert.pk),
            n_under.get(alert.pk, 0),
            words,
            marks,
            came_back=alert.pk in came_back,
            may_take=may_act_on(account, alert)
            and alert.resolved_at is None
            and alert.acknowledged_by_id != account.pk,
        )
        for alert in alerts
    ]


def where(alert: Alert, n_under: int) -> str:
    """Return the region's name, or of how many regions an alert of the fleet speaks."""
    if alert.region is not None:
        return plain(alert.region.name)
    if not n_under:
        return _("The whole fleet")
    return ngettext("The fleet: %(n)s region", "The fleet: %(n)s regions", n_under) % {"n": n_under}


def mark(alert: Alert) -> tuple[str, str]:
    """Return the class and the glyph of an alert."""
    if alert.resolved_at is not None:
        return "resolved", RESOLVED_GLYPH
    level = Level.FAILING if is_failing(alert.kind) else Level.LOOK
    return level.value, GLYPHS[level]


def word(alert: Alert, marks: Mapping[Level, str]) -> str:
    """Return the word beside the glyph."""
    if alert.resolved_at is not None:
        return pgettext("mark of an alert", "resolved")
    return marks[Level.FAILING if is_failing(alert.kind) else Level.LOOK]


def _row(
    alert: Alert,
    finding: Finding | None,
    n_under: int,
    words: Words,
    marks: Mapping[Level, str],
    *,
    came_back: bool,
    may_take: bool,
) -> Row:
    level, glyph = mark(alert)
    said = (
        (alert.is_unstable, pgettext("mark of an alert", "unstable")),
        (came_back and not alert.is_unstable, pgettext("mark of an alert", "came back")),
        (getattr(alert, "is_muted", False), pgettext("mark of an alert", "silenced")),
    )
    return Row(
        pk=alert.pk,
        level=level,
        glyph=glyph,
        word=word(alert, marks),
        where=where(alert, n_under),
        title=words.title(alert.kind),
        about=words.about(alert),
        measured=words.measured(finding),
        detail=plain(detail_of(finding)) if finding else "",
        when=words.when(alert),
        held=words.held(alert),
        marks=tuple(text for holds, text in said if holds),
        may_take=may_take,
    )


def _filtered(account: User, asked: Asked, now: datetime) -> QuerySet[Alert]:
    """Return the alerts that pass the filter, whatever their state.

    What another alert explains stands on the page of that one.
    """
    alerts = with_silence(visible_alerts(account), now)
    if asked.region:
        alerts = alerts.filter(region__code=asked.region)
    if asked.kind:
        alerts = alerts.filter(kind=asked.kind)
    return alerts


def _passes(show: Show, account: User) -> Q:
    standing = Q(resolved_at=None)
    return {
        Show.OPEN: standing & Q(is_muted=False, under=None),
        Show.MINE: standing & Q(acknowledged_by=account),
        Show.SILENCED: standing & Q(is_muted=True),
        Show.RESOLVED: ~standing,
    }[show]


def _ordered(alerts: QuerySet[Alert], show: Show) -> QuerySet[Alert]:
    alerts = alerts.select_related("region", "acknowledged_by")
    if show is Show.RESOLVED:
        return alerts.order_by("-resolved_at", "-pk")
    grave = Case(When(kind__in=FAILING, then=Value(0)), default=Value(1))
    taken = Case(When(state=Alert.State.ACKNOWLEDGED, then=Value(1)), default=Value(0))
    return alerts.order_by(grave, taken, "-opened_at", "-pk")


def _tabs(seen: QuerySet[Alert], account: User, asked: Asked) -> list[Tab]:
    names = {
        Show.OPEN: pgettext("alerts", "Open"),
        Show.MINE: pgettext("alerts", "Mine"),
        Show.SILENCED: pgettext("alerts", "Silenced"),
        Show.RESOLVED: pgettext("alerts", "Resolved"),
    }
    counts = {show.value: Count("pk", filter=_passes(show, account)) for show in Show}
    n = seen.order_by().aggregate(**counts)
    return [
        Tab(names[show], n[show.value], asked.showing(show).address, show is asked.show)
        for show in Show
    ]


def _nothing(asked: Asked) -> str:
    if asked.page > 1:
        return _("The list ends before this page.")
    if asked.is_filtered:
        return _("No alert passes the filter.")
    return {
        Show.OPEN: _(
            "No alert is open. That means that no rule found anything, not that nobody "
            "has to look: the day's page has the numbers."
        ),
        Show.MINE: _("You have no alert."),
        Show.SILENCED: _("No alert is silenced now."),
        Show.RESOLVED: _("No alert was resolved yet."),
    }[asked.show]
