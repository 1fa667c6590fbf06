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
from fleet.alerts.models import Finding
from fleet.people.rights import visible_regions
from fleet.review.charts import (
    REFERENCE,
    Chart,
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

# More lines than these cannot be told apart; the table has them all.
MOST_BARS = 14
_Pairs = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Peer:
    """A region with its share, and of how many."""

    region: int
    name: str
    share: float
    n: int


def peers_chart(account: User, finding: Finding, figures: Figures) -> Iterator[Chart]:
    """Yield one chart, in which this region is marked; none for kinds that count nothing."""
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
    own = next((one for one in peers if one.region == finding.region_id), None)
    others = [one for one in peers if one is not own]
    if own is None:
        return
    version = ", ".join(" ".join(map(short, one)) for one in sorted(versions)[:3])
    if not others:
        sentence = _("No other region that you see has enough of %(version)s to compare with.")
        sentence %= {"version": version}
        yield Chart("peers", "", missing=sentence)
        return
    yield _chart(str(what), version, own, others, figures)


def _chart(what: str, version: str, own: _Peer, others: list[_Peer], figures: Figures) -> Chart:
    shares = [one.share for one in others]
    title = _(
        "%(what)s: %(own)s in %(name)s, elsewhere %(low)s to %(high)s, median %(middle)s."
    ) % {
        "what": what,
        "own": figures.percent(own.share),
        "name": short(own.name),
        "low": figures.percent(min(shares)),
        "high": figures.percent(max(shares)),
        "middle": figures.percent(median(shares)),
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
    largest = sorted(others, key=lambda one: -one.n)[: MOST_BARS - 1]
    drawn = sorted([own, *largest], key=lambda one: (-one.share, one.name))
    labels = [plot_text(_marked(one, own)) for one in drawn]
    # Two traces, so that this region is told by its place in the legend as well as by its colour.
    here = [one.share if one is own else None for one in drawn]
    there = [None if one is own else one.share for one in drawn]
    traces = [
        bars(_("This region"), here, labels, orientation="h"),
        bars(_("Same version elsewhere"), there, labels, REFERENCE, orientation="h"),
    ]
    ranked = sorted([own, *others], key=lambda one: (-one.share, one.name))
    rows = [
        (short(_marked(one, own)), figures.percent(one.share), figures.count(one.n))
        for one in ranked
    ]
    drawing = plot(
        traces, figures, percent=True, categories=True, horizontal=True, barmode="overlay"
    )
    cells = table(title, (_("Region"), _("Share"), _("Of how many")), rows)
    return Chart("peers", title, note, drawing, (cells,))


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
    """Seven days where regions are compared with each other, or else the day."""
    days = 7 if finding.kind == "unlike_peers" else 1
    rows = DailyScore.objects.filter(
        region__in=ids,
        day__lte=finding.day,
        day__gt=finding.day - timedelta(days=days),
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
    rows = DailyCategory.objects.filter(
        region__in=ids, day=finding.day, attribute=finding.attribute
    )
    named = Q(category__in=finding.detail.split(", "))
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
