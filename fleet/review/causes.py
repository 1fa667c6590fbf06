"""Why answers were refused, failed or came by a fallback, by reason and detail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fleet.review.charts import (
    Chart,
    bars,
    not_provided,
    plot,
    plot_text,
    series_marker,
    short,
    table,
)
from fleet.review.figures import Figures
from regions.models import HourlyCause

# (kind, reason, detail, n)
Cause = tuple[str, str, str, int]
MOST_REASONS = 12
MOST_DETAILS = 8


def causes_of(region_id: int, starts_at: datetime, ends_at: datetime) -> list[Cause]:
    """Return the causes between two moments, the most frequent first, in one query."""
    rows = HourlyCause.objects.filter(region=region_id, hour__gte=starts_at, hour__lt=ends_at)
    return list(
        rows.order_by()
        .values_list("kind", "reason", "detail")
        .annotate(total=Sum("n"))
        .order_by("-total", "kind", "reason", "detail")
    )


def cause_charts(
    causes: Sequence[Cause], figures: Figures, provides: frozenset[str]
) -> Iterator[Chart]:
    """Yield a chart for each kind that happened: garbage first."""
    if provides and "input_rejection" not in provides:
        yield Chart("no-rejections", "", missing=not_provided("input_rejection"))
    for kind, heading, detail_name in _kinds():
        found = [(reason, detail, n) for k, reason, detail, n in causes if k == kind]
        if found:
            yield _chart(kind, heading, detail_name, found, figures)


def _kinds() -> tuple[tuple[str, str, str], ...]:
    """Return the kinds, the beginning of their sentence, and what their detail is."""
    kind = HourlyCause.Kind
    return (
        (kind.REJECTED, _("Garbage"), pgettext("of a refusal", "Filter or side")),
        (kind.FAILED, _("Failures"), pgettext("of a failure", "Side")),
        (kind.FALLBACK, _("Fallbacks"), pgettext("of a fallback", "Reason")),
    )


def _chart(
    kind: str,
    heading: str,
    detail_name: str,
    found: Sequence[tuple[str, str, int]],
    figures: Figures,
) -> Chart:
    totals: dict[str, int] = {}
    for reason, _detail, n in found:
        totals[reason] = totals.get(reason, 0) + n
    reasons = sorted(totals, key=lambda reason: (-totals[reason], reason))
    title = _("%(heading)s: %(count)s, most often “%(reason)s” (%(n)s).") % {
        "heading": heading,
        "count": figures.count(sum(totals.values())),
        "reason": short(reasons[0]),
        "n": figures.count(totals[reasons[0]]),
    }
    return Chart(
        f"cause-{kind}",
        title,
        _("Each study or object counts in the hour in which it came."),
        plot(
            _traces(found, reasons[:MOST_REASONS]),
            figures,
            barmode="stack",
            categories=True,
            horizontal=True,
        ),
        (
            table(
                heading,
                (_("Reason"), detail_name, _("Number")),
                [(short(reason), short(detail), figures.count(n)) for reason, detail, n in found],
            ),
        ),
    )


def _traces(
    found: Sequence[tuple[str, str, int]], reasons: Sequence[str]
) -> list[dict[str, object]]:
    """Return a trace for each of the most frequent details; the others are one."""
    by_detail: dict[str, int] = {}
    for _reason, detail, n in found:
        by_detail[detail] = by_detail.get(detail, 0) + n
    ranked = sorted(by_detail, key=lambda detail: (-by_detail[detail], detail))
    groups = [([detail], plot_text(detail)) for detail in ranked[:MOST_DETAILS]]
    if ranked[MOST_DETAILS:]:
        groups.append((ranked[MOST_DETAILS:], pgettext("details of causes", "others")))
    labels = [plot_text(reason) for reason in reasons]
    return [
        bars(
            name,
            [sum(n for r, d, n in found if r == reason and d in details) for reason in reasons],
            labels,
            orientation="h",
            marker=series_marker(number),
        )
        for number, (details, name) in enumerate(groups)
    ]
