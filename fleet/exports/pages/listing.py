"""The list of exports: filtered by the address, the newest first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.exports.models import Export, ExportedStudy
from fleet.exports.pages.asked import Asked, Show
from fleet.exports.pages.words import MARKS, Words, short
from fleet.exports.purposes import label
from fleet.exports.rights import visible_exports, waiting_for
from fleet.exports.steering import PAUSABLE
from fleet.review.figures import plain
from fleet.review.standing_alerts import name_of

State = ExportedStudy.State
ON_A_PAGE = 50
OVER = (*ExportedStudy.FINAL, State.EXPIRED)
# What a list of many studies is told by: the first of these that one of them is in.
TELLING = (State.PREVIEW, State.WAITING_APPROVAL, *reversed(PAUSABLE), State.READY)


@dataclass(frozen=True, slots=True)
class Row:
    """One export as the list shows it; `states` are the numbers of studies in each state.

    `ref` is the short reference of its only study, or empty.
    """

    pk: int
    glyph: str
    level: str
    region: str
    what: str
    ref: str
    states: tuple[str, ...]
    reason: str
    purpose: str
    project: str
    paused: str
    by: str
    when: str
    priority: str


@dataclass(frozen=True, slots=True)
class Tab:
    text: str
    n: int
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """All that the template prints. `before` and `after` are addresses of pages, or nothing."""

    rows: list[Row]
    tabs: list[Tab]
    nothing: str
    before: str
    after: str


def listing(account: User, asked: Asked, now: datetime) -> Listing:
    """Return a page of the exports that the address asks for, of those the account may see."""
    words = Words.of_active_language(now)
    seen = visible_exports(account)
    if asked.region:
        seen = seen.filter(region__code=asked.region)
    start = (asked.page - 1) * ON_A_PAGE
    chosen = seen.filter(_passes(asked.show, account)).select_related("region", "requester")
    found = list(chosen.order_by("-pk")[start : start + ON_A_PAGE + 1])
    page = found[:ON_A_PAGE]
    return Listing(
        rows=rows(page, words),
        tabs=_tabs(seen, account, asked),
        nothing="" if page else _nothing(asked),
        before=asked.on_page(asked.page - 1).address if asked.page > 1 else "",
        after=asked.on_page(asked.page + 1).address if len(found) > ON_A_PAGE else "",
    )


def rows(exports: list[Export], words: Words) -> list[Row]:
    """Return the exports in words, in one query for their studies."""
    counted: dict[int, Counter[str]] = {one.pk: Counter() for one in exports}
    paused: Counter[int] = Counter()
    refs: dict[int, str] = {}
    studies = ExportedStudy.objects.filter(export__in=exports).order_by()
    found = studies.values_list("export", "state").annotate(
        n=Count("pk"),
        n_paused=Count("pk", filter=Q(is_paused=True, state__in=PAUSABLE)),
        ref=Min("study_ref"),
    )
    for pk, state, n, n_paused, ref in found:
        counted[pk][state] = n
        paused[pk] += n_paused
        refs[pk] = ref
    return [
        _row(one, counted[one.pk], paused[one.pk], refs.get(one.pk, ""), words) for one in exports
    ]


def _row(export: Export, states: Counter[str], n_paused: int, ref: str, words: Words) -> Row:
    telling = next((state for state in TELLING if states[state]), None)
    worst = telling or next(iter(states), State.CANCELLED)
    glyph, level = MARKS[State(worst)]
    n = states.total()
    figures = words.figures
    return Row(
        pk=export.pk,
        glyph=glyph,
        level=level,
        region=plain(export.region.name),
        what=ngettext("%(n)s study", "%(n)s studies", n) % {"n": figures.count(n)},
        ref=short(ref) if n == 1 else "",
        states=tuple(
            f"{State(state).label}: {figures.count(n_in)}" if n > 1 else str(State(state).label)
            for state, n_in in sorted(states.items(), key=lambda one: list(State).index(one[0]))  # type: ignore[arg-type]
        ),
        reason=export.reason,
        purpose=label(export.purpose),
        project=export.project,
        paused=_paused(n_paused, words),
        by=name_of(export.requester),
        when=words.clock(export.requested_at),
        priority=""
        if export.priority == Export.Priority.NORMAL
        else str(export.get_priority_display()),
    )


def _paused(n: int, words: Words) -> str:
    return _("paused: %(n)s") % {"n": words.figures.count(n)} if n else ""


def _passes(show: Show, account: User) -> Q:
    return {
        Show.ALL: Q(),
        Show.MINE: Q(requester=account),
        Show.WAITING: Q(pk__in=waiting_for(account).values("pk")),
        Show.RUNNING: Q(
            Exists(_studies(state__in=PAUSABLE, is_paused=False))
            | Exists(_studies(state=State.PREVIEW, looked_through_at__isnull=False))
        ),
        Show.READY: Q(Exists(_studies(state=State.READY))),
        Show.ENDED: ~Q(Exists(_studies().exclude(state__in=OVER))),
    }[show]


def _studies(**found: object) -> QuerySet[ExportedStudy]:
    return ExportedStudy.objects.filter(export=OuterRef("pk"), **found)


def _tabs(seen: QuerySet[Export], account: User, asked: Asked) -> list[Tab]:
    names = {
        Show.ALL: pgettext("exports", "All"),
        Show.MINE: pgettext("exports", "Mine"),
        Show.WAITING: pgettext("exports", "Waiting for me"),
        Show.RUNNING: pgettext("exports", "Running"),
        Show.READY: pgettext("exports", "Ready"),
        Show.ENDED: pgettext("exports", "Ended"),
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
    return {
        Show.ALL: _(
            "Nobody asked for a study yet. A region's list of studies has a link beside each."
        ),
        Show.MINE: _("You have not asked for a study."),
        Show.WAITING: _("Nothing waits for you."),
        Show.RUNNING: _("Nothing is on its way."),
        Show.READY: _("No package is ready."),
        Show.ENDED: _("No export has ended."),
    }[asked.show]
