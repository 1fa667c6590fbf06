"""How the number of an alert stands beside the regions that run the same version of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import Avg, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fleet.alerts.detectors.slow import slow_answers
from fleet.alerts.kinds.kind import Measure
from fleet.alerts.messages import number
from fleet.alerts.models import Finding
from fleet.alerts.models_drift import Difference, SeriesDay
from fleet.alerts.series.days import score_columns, where_new
from fleet.people.rights import visible_regions
from fleet.review.charts import (
    REFERENCE,
    Chart,
    Table,
    bars,
    plot,
    plot_text,
    short,
    table,
)
from fleet.review.figures import Figures
from regions.drift.outputs import IDENTICAL_STUDIES
from regions.localday import day_bounds
from regions.models import DailyCategory, DailyRollup, DailyScore, HourlyOutput, Region

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# Kinds that are found by a score against the region's own past.
SCORED = frozenset({"input_drift", "output_drift"})
# More lines than these cannot be told apart; the table has them all.
MOST_BARS = 14
_Pairs = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Peer:
    """A region with its number, and of how many studies it is a share; None of a score."""

    region: int
    name: str
    number: float
    n: int | None = None


def peers_chart(account: User, finding: Finding, figures: Figures) -> Iterator[Chart]:
    """Yield one chart, in which this region is marked; none for kinds that count nothing."""
    if finding.kind in SCORED:
        yield from _scores_chart(account, finding, figures)
        return
    if finding.kind not in _COUNTED:
        return
    what, count = _COUNTED[finding.kind]
    versions = _versions(finding)
    ids = _running(account, finding, versions)
    names = dict(Region.objects.filter(pk__in=ids).values_list("pk", "name"))
    peers = [
        _Peer(region, names[region], part / whole, whole)
        for region, (part, whole) in count(finding, ids).items()
        if whole
    ]
    yield from _beside(str(what), versions, finding, peers, figures)


def _scores_chart(account: User, finding: Finding, figures: Figures) -> Iterator[Chart]:
    """Yield how far the same attribute is from each region's own past on that day.

    Where all regions moved, the cause is not in one of them.
    """
    seen = visible_regions(account).order_by()
    names = dict(seen.values_list("pk", "name"))
    difference = Difference.objects.filter(finding=finding).first()
    if difference is None:
        return
    same = {
        "day": finding.day,
        "region__in": list(names),
        "service": finding.service,
        "version": finding.version,
        "attribute": finding.attribute,
    }
    rows = SeriesDay.objects.filter(**same)
    known = {
        region: max((abs(one) for one in scores if one is not None), default=None)
        for region, *scores in rows.values_list("region_id", *score_columns(difference))
    }
    # The day of a finding begins its sum again: there the score is the finding's.
    found = Finding.objects.filter(**same, kind=finding.kind).values_list("region_id", "score")
    scores = {**known, **dict(found)}
    peers = [_Peer(region, names[region], one) for region, one in scores.items() if one is not None]
    versions = {(finding.service, finding.version)} if finding.version else set()
    yield from _beside(_("Score against the days before"), versions, finding, peers, figures)


def _beside(
    what: str,
    versions: set[tuple[str, str]],
    finding: Finding,
    peers: list[_Peer],
    figures: Figures,
) -> Iterator[Chart]:
    own = next((one for one in peers if one.region == finding.region_id), None)
    others = [one for one in peers if one is not own]
    if own is None:
        return
    version = ", ".join(" ".join(map(short, one)) for one in sorted(versions)[:3])
    if others:
        yield _chart(what, version, own, others, figures)
    elif version:
        sentence = _("No other region that you see has enough of %(version)s to compare with.")
        yield Chart("peers", "", missing=sentence % {"version": version})
    else:
        yield Chart("peers", "", missing=_("No other region that you see can be compared with."))


def _chart(what: str, version: str, own: _Peer, others: list[_Peer], figures: Figures) -> Chart:
    is_share = own.n is not None
    said = figures.percent if is_share else _score
    numbers = [one.number for one in others]
    title = _(
        "%(what)s: %(own)s in %(name)s, elsewhere %(low)s to %(high)s, median %(middle)s."
    ) % {
        "what": what,
        "own": said(own.number),
        "name": short(own.name),
        "low": said(min(numbers)),
        "high": said(max(numbers)),
        "middle": said(median(numbers)),
    }
    n = len(others)
    note = ngettext("%(n)s other region that you see.", "%(n)s other regions that you see.", n) % {
        "n": n
    }
    if version:
        note = ngettext(
            "%(n)s other region that you see runs %(version)s.",
            "%(n)s other regions that you see run %(version)s.",
            n,
        ) % {"n": n, "version": version}
    largest = sorted(others, key=lambda one: -(one.n or one.number))[: MOST_BARS - 1]
    drawn = sorted([own, *largest], key=lambda one: (-one.number, one.name))
    labels = [plot_text(_marked(one, own)) for one in drawn]
    # Two traces, so that this region is told by its place in the legend as well as by its colour.
    here = [one.number if one is own else None for one in drawn]
    there = [None if one is own else one.number for one in drawn]
    elsewhere = _("Same version elsewhere") if version else _("Elsewhere")
    traces = [
        bars(_("This region"), here, labels, orientation="h"),
        bars(elsewhere, there, labels, REFERENCE, orientation="h"),
    ]
    drawing = plot(
        traces, figures, percent=is_share, categories=True, horizontal=True, barmode="overlay"
    )
    return Chart("peers", title, note, drawing, (_ranked(title, own, others, figures),))


def _ranked(title: str, own: _Peer, others: list[_Peer], figures: Figures) -> Table:
    ranked = sorted([own, *others], key=lambda one: (-one.number, one.name))
    names = [short(_marked(one, own)) for one in ranked]
    if own.n is None:
        rows = zip(names, (_score(one.number) for one in ranked), strict=True)
        return table(title, (_("Region"), _("Score")), rows)
    shares = ((figures.percent(one.number), figures.count(one.n or 0)) for one in ranked)
    cells = [(name, *pair) for name, pair in zip(names, shares, strict=True)]
    return table(title, (_("Region"), _("Share"), _("Of how many")), cells)


def _score(value: float) -> str:
    return number(value, Measure.SCORE)


def _marked(one: _Peer, own: _Peer) -> str:
    return f"▶ {one.name}" if one is own else one.name


def _versions(finding: Finding) -> set[tuple[str, str]]:
    """Return the (model, version) of the finding, or those that the region ran on its day."""
    if finding.version:
        return {(finding.service, finding.version)}
    rows = DailyScore.objects.filter(region=finding.region_id, day=finding.day)
    return set(rows.values_list("model_code", "model_version").distinct())


def _running(account: User, finding: Finding, versions: set[tuple[str, str]]) -> list[int]:
    """Return the regions seen that run one of the versions on the day; all when none is known."""
    seen = visible_regions(account).order_by()
    if not versions:
        return list(seen.values_list("pk", flat=True))
    asked = Q()
    for model, version in versions:
        asked |= Q(model_code=model, model_version=version)
    rows = DailyScore.objects.filter(asked, region__in=seen.values("pk"), day=finding.day)
    return list(rows.values_list("region_id", flat=True).distinct())


def _positive(finding: Finding, ids: list[int]) -> _Pairs:
    """Over the days that were judged together."""
    rows = DailyScore.objects.filter(
        region__in=ids,
        day__lte=finding.day,
        day__gt=finding.day - max(finding.span, timedelta(days=1)),
        model_code=finding.service,
        model_version=finding.version,
        class_code=finding.attribute,
    )
    return _summed(rows.values_list("region_id").annotate(Sum("n_positive"), Sum("n_scored")))


def _identical(finding: Finding, ids: list[int]) -> _Pairs:
    begins_at, ends_at = day_bounds(finding.day, finding.region.zone)
    rows = HourlyOutput.objects.filter(
        region__in=ids,
        hour__gte=begins_at,
        hour__lt=ends_at,
        model_code=finding.service,
        model_version=finding.version,
    )
    same, n = (Sum(Greatest(F(name) - 1, 0)) for name in ("n_identical", "n_scored"))
    counted = rows.values_list("region_id").annotate(same=same, n=n)
    # Two of three that are equal say nothing: the rule asks for as many.
    return _summed(counted.filter(n__gte=IDENTICAL_STUDIES))


def _failed(finding: Finding, ids: list[int]) -> _Pairs:
    settled = F("n_expected") - F("n_pending")
    return _summed(_day_of(finding, ids).values_list("region_id", "n_failed", settled))


def _pending(finding: Finding, ids: list[int]) -> _Pairs:
    return _summed(_day_of(finding, ids).values_list("region_id", "n_pending", "n_expected"))


def _slow(finding: Finding, ids: list[int]) -> _Pairs:
    rows = slow_answers(ids, finding.day)
    return {region: (slow, n) for region, day, n, slow in rows if day == finding.day}


def _volume(finding: Finding, ids: list[int]) -> _Pairs:
    """Studies of the day, of those that the last four such weekdays brought on average."""
    weeks = [finding.day - timedelta(weeks=n) for n in range(1, 5)]
    before = DailyRollup.objects.filter(region__in=ids, day__in=weeks)
    usual = dict(before.values_list("region_id").annotate(Avg("n_received")).order_by())
    came = _day_of(finding, ids).values_list("region_id", "n_received")
    return {region: (n, round(usual.get(region, 0))) for region, n in came}


def _new(finding: Finding, ids: list[int]) -> _Pairs:
    attribute, named = where_new(finding)
    rows = DailyCategory.objects.filter(region__in=ids, day=finding.day, attribute=attribute)
    new = Coalesce(Sum("n", filter=named), 0)
    return _summed(rows.values_list("region_id").annotate(new=new, all=Sum("n")))


def _day_of(finding: Finding, ids: list[int]) -> QuerySet[DailyRollup]:
    return DailyRollup.objects.filter(region__in=ids, day=finding.day)


def _summed(rows: QuerySet[Any, tuple[Any, ...]]) -> _Pairs:
    return {region: (part, whole) for region, part, whole in rows.order_by()}


_COUNTED: dict[str, tuple[StrPromise, Callable[[Finding, list[int]], _Pairs]]] = {
    "class_collapse": (gettext_lazy("Share of positives"), _positive),
    "unlike_peers": (gettext_lazy("Share of positives"), _positive),
    "outputs_identical": (gettext_lazy("Share of equal answers"), _identical),
    "errors_up": (gettext_lazy("Share of answers that failed"), _failed),
    "backlog": (gettext_lazy("Share of answers that are waited for"), _pending),
    "latency_up": (gettext_lazy("Share of answers that were slow"), _slow),
    "volume_shift": (gettext_lazy("Studies, as a share of the usual number"), _volume),
    "region_silent": (gettext_lazy("Studies, as a share of the usual number"), _volume),
    "new_category": (gettext_lazy("Share of what was never seen before"), _new),
}
