"""What moved: the day on which it was found beside the region's reference, or beside its peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from operator import add
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from fleet.alerts.detectors.series_days import SCORE
from fleet.alerts.models import Finding
from fleet.alerts.pages.new_devices import new_device_charts
from fleet.people.rights import visible_regions
from fleet.review.attributes import INPUT_RANGES
from fleet.review.charts import NOW, REFERENCE, Chart, Plot, bars, plot, plot_text, short, table
from fleet.review.figures import Figures
from fleet.review.input_charts import category_charts, input_charts
from fleet.review.known import known
from fleet.review.numbers import share
from fleet.review.profiles import Scores, inputs_of
from fleet.review.reference import Reference, reference_of
from fleet.review.score_charts import score_histogram
from regions.attributes import DEVICE_MODEL
from regions.localday import day_bounds
from regions.models import DailyRollup, DailyScore, HourlyCause, Region

# A model may have dozens of classes; those with the most scores tell enough.
MOST_CLASSES = 4
MOST_REASONS = 10
PEER_DAYS = timedelta(days=7)
# Bin b of latencies begins at 0.01 · 10^(b / 25.6) seconds; eight of them make one bar here.
BINS_A_BAR = 8


def moved(account: User, finding: Finding, figures: Figures) -> Iterator[Chart]:
    """Yield the charts for the kind of the finding; none where no distribution is judged."""
    if finding.kind == "unlike_peers":
        yield from _beside_peers(account, finding, figures)
        return
    if finding.kind not in _KINDS:
        return
    (here,) = known(finding.day, Region.objects.filter(pk=finding.region_id))
    reference = reference_of(here, finding.day)
    for chart in _KINDS[finding.kind](finding, reference, figures):
        yield replace(chart, note=f"{chart.note} {reference.text}")


def _class(finding: Finding, reference: Reference, figures: Figures) -> Iterator[Chart]:
    """The scores of the class, the version beside itself."""
    yield from _of_class(finding, finding.attribute, reference, figures)


def _answers(finding: Finding, reference: Reference, figures: Figures) -> Iterator[Chart]:
    """The same where the attribute names what is measured as well; sizes are not drawn."""
    if finding.attribute.startswith(SCORE):
        yield from _of_class(finding, finding.attribute.removeprefix(SCORE), reference, figures)


def _of_class(
    finding: Finding, class_code: str, reference: Reference, figures: Figures
) -> Iterator[Chart]:
    rows = _scores_of_model(finding).filter(class_code=class_code, model_version=finding.version)
    yield from _histograms(
        rows.filter(day=finding.day), rows.filter(day__in=reference.days), figures
    )


def _node(finding: Finding, reference: Reference, figures: Figures) -> Iterator[Chart]:
    """The scores of the node, beside those of all nodes and versions before."""
    rows = _scores_of_model(finding)
    today = rows.filter(day=finding.day, node=finding.attribute, model_version=finding.version)
    yield from _histograms(today, rows.filter(day__in=reference.days), figures)


def _beside_peers(account: User, finding: Finding, figures: Figures) -> Iterator[Chart]:
    """The scores of the class in one week or four, beside those of the version in the regions
    seen."""
    span = max(finding.span, PEER_DAYS)
    rows = DailyScore.objects.filter(
        region__in=visible_regions(account),
        day__lte=finding.day,
        day__gt=finding.day - span,
        model_code=finding.service,
        model_version=finding.version,
        class_code=finding.attribute,
    )
    own, others = (one(region=finding.region_id) for one in (rows.filter, rows.exclude))
    for chart in _histograms(own, others, figures):
        note = _("%(n)s days; the reference is the same version in the other regions.")
        note %= {"n": figures.count(span.days)}
        yield replace(chart, note=f"{chart.note} {note}")


def _inputs(finding: Finding, reference: Reference, figures: Figures) -> Iterator[Chart]:
    if finding.attribute == DEVICE_MODEL:
        yield from new_device_charts(finding, reference, figures)
        return
    numeric, categorical = inputs_of(finding.region_id, finding.day, reference)
    name = finding.attribute
    if name in INPUT_RANGES:
        yield from input_charts({name: numeric[name]} if name in numeric else {}, figures)
    else:
        yield from category_charts(
            {name: categorical[name]} if name in categorical else {}, figures
        )


def _failures(finding: Finding, reference: Reference, figures: Figures) -> Iterator[Chart]:
    """What part of the failures each reason has."""
    rows = HourlyCause.objects.filter(region=finding.region_id, kind=HourlyCause.Kind.FAILED)
    zone, days = finding.region.zone, reference.days
    now = _by_reason(rows, [finding.day], zone)
    before = _by_reason(rows, days, zone) if days else {}
    reasons = sorted({*now, *before}, key=lambda one: (-now.get(one, 0), -before.get(one, 0), one))
    if reasons:
        yield _shares(
            "failures",
            _("Failures by reason: most often “%(reason)s”.") % {"reason": short(reasons[0])},
            _("Reason"),
            [(one, now.get(one, 0), before.get(one, 0)) for one in reasons],
            figures,
        )


def _latencies(finding: Finding, reference: Reference, figures: Figures) -> Iterator[Chart]:
    rows = DailyRollup.objects.filter(region=finding.region_id)
    now = _added(rows.filter(day=finding.day).values_list("latency_histogram", flat=True))
    before = _added(rows.filter(day__in=reference.days).values_list("latency_histogram", flat=True))
    if not sum(now):
        return
    groups = [
        (_from(at, figures), sum(now[at : at + BINS_A_BAR]), sum(before[at : at + BINS_A_BAR]))
        for at in range(0, len(now), BINS_A_BAR)
    ]
    used = [at for at, group in enumerate(groups) if group[1] or group[2]]
    shown = groups[used[0] : used[-1] + 1]
    yield _shares(
        "latencies",
        _("How long answers took, in steps that double."),
        _("From"),
        shown,
        figures,
        is_ranked=False,
    )


_KINDS = {
    "class_collapse": _class,
    "outputs_identical": _node,
    "input_drift": _inputs,
    "output_drift": _answers,
    "new_category": _inputs,
    "errors_up": _failures,
    "latency_up": _latencies,
    "backlog": _latencies,
}


def _scores_of_model(finding: Finding) -> QuerySet[DailyScore]:
    return DailyScore.objects.filter(region=finding.region_id, model_code=finding.service)


def _histograms(
    now: QuerySet[DailyScore], before: QuerySet[DailyScore], figures: Figures
) -> Iterator[Chart]:
    """Yield a histogram for each class of which anything was scored now."""
    found: dict[tuple[str, str], Scores] = {}
    for rows, is_reference in ((now, False), (before, True)):
        columns = ("model_code", "class_code", "n_scored", "score_histogram")
        for model, name, n, bins in rows.values_list(*columns):
            scores = found.setdefault((model, name), Scores(model, name))
            scores.compared.add(n, bins, is_reference=is_reference)
    scored = [one for one in found.values() if one.compared.n]
    scored.sort(key=lambda one: (-one.compared.n, one.class_code))
    for number, one in enumerate(scored[:MOST_CLASSES]):
        yield score_histogram(number, one, figures)


def _by_reason(
    rows: QuerySet[HourlyCause], days: Iterable[date], zone: ZoneInfo
) -> Mapping[str, int]:
    """Return how often each reason was given on the days."""
    spans = [day_bounds(day, zone) for day in days]
    within = rows.filter(hour__gte=min(spans)[0], hour__lt=max(spans)[1])
    totals: dict[str, int] = defaultdict(int)
    counted = within.values_list("hour", "reason").annotate(Sum("n")).order_by()
    for hour, reason, n in counted:
        if any(begins_at <= hour < ends_at for begins_at, ends_at in spans):
            totals[reason] += n
    return totals


def _shares(
    key: str,
    title: str,
    name: str,
    rows: list[tuple[str, int, int]],
    figures: Figures,
    *,
    is_ranked: bool = True,
) -> Chart:
    """Return the parts of a whole as pairs of bars: on the day, and in the reference."""
    n_now, n_before = sum(row[1] for row in rows), sum(row[2] for row in rows)
    shown = rows[:MOST_REASONS] if is_ranked else rows
    labels = [plot_text(row[0]) for row in shown]

    def pair(label: str, shares: list[float | None], color: str) -> Plot:
        if is_ranked:
            return bars(label, shares, labels, color, orientation="h")
        return bars(label, labels, shares, color)

    traces = [
        pair(_("This day"), [share(row[1], n_now) for row in shown], NOW),
        pair(_("Reference"), [share(row[2], n_before) for row in shown], REFERENCE),
    ]
    cells = [
        (
            short(row[0]),
            figures.count(row[1]),
            figures.percent(share(row[1], n_now)),
            figures.percent(share(row[2], n_before)),
        )
        for row in rows
    ]
    return Chart(
        key,
        title,
        plot=plot(traces, figures, percent=True, categories=True, horizontal=is_ranked),
        tables=(table(title, (name, _("This day"), _("Share"), _("Share, reference")), cells),),
    )


def _added(histograms: Iterable[list[int]]) -> list[int]:
    total = [0] * 128
    for one in histograms:
        total = list(map(add, total, one))
    return total


def _from(at: int, figures: Figures) -> str:
    """Return where the bin begins."""
    return figures.latency(0.01 * 10 ** (at / 25.6))
