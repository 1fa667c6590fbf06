"""What an alert stands on, drawn: what moved, since when, and how its peers fare."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from fleet.alerts.kinds.kind import Measure
from fleet.alerts.models import Alert, Finding
from fleet.alerts.pages.moved import moved
from fleet.alerts.pages.peers import peers_chart
from fleet.alerts.series.days import daily
from fleet.alerts.series.series import Series, Value
from fleet.review.charts import (
    BAND,
    CLEAR,
    NOW,
    Chart,
    Plot,
    Section,
    line,
    no_data_yet,
    plot,
    plot_text,
    section,
    short,
    table,
)
from fleet.review.figures import NOTHING, Figures, short_day_name
from regions.localday import local_day

LABEL_EVERY = 5


def evidence(
    account: User, alert: Alert, finding: Finding | None, now: datetime
) -> tuple[Section, ...]:
    """Return the parts of the page that are drawn; none for what only a sentence tells."""
    if alert.region is None or finding is None:
        return ()
    newest, figures = finding, Figures.of_active_language()
    until = max(local_day(alert.resolved_at or now, alert.region.zone), newest.day)
    parts = (
        section("what-moved", _("What moved"), lambda: moved(account, newest, figures)),
        section("thirty-days", _("Thirty days"), lambda: _month(newest, until, figures)),
        section("other-regions", _("Other regions"), lambda: peers_chart(account, newest, figures)),
    )
    # Where a kind has nothing to draw, its part is left out rather than said to be empty.
    return tuple(one for one in parts if one.charts or one.missing != no_data_yet())


def _month(finding: Finding, until: date, figures: Figures) -> Iterator[Chart]:
    series = daily(finding, until)
    if series is not None:
        yield _days_chart(series, figures)


def _days_chart(series: Series, figures: Figures) -> Chart:
    """Return thirty days with the limit and the usual range; a day without a value is a gap."""
    labels = [short_day_name(day) for day in series.times]
    what = f"{series.title}, {short(series.about)}" if series.about else series.title
    traces = _band(series, labels)
    traces.append(
        line(plot_text(what), labels, series.values, NOW, mode="lines+markers", marker={"size": 5})
    )
    if series.limit is not None:
        limit = line(_("Limit"), labels, [series.limit] * len(labels), "--status-failing")
        traces.append({**limit, "line": {**limit["line"], "dash": "dash"}})
    last = max(at for at, value in enumerate(series.values) if value is not None)
    words = {
        "what": what,
        "value": _text(series.values[last], series.measure, figures),
        "day": labels[last],
        "limit": _text(series.limit, series.measure, figures),
    }
    title = _("%(what)s: %(value)s on %(day)s, limit %(limit)s.") % words
    if series.limit is None:
        title = _("%(what)s: %(value)s on %(day)s.") % words
    columns = [_("Day"), series.title, _("Limit"), _("Usual, lowest"), _("Usual, highest")]
    rows = [
        tuple(_text(value, series.measure, figures) for value in values)
        for values in zip(
            series.values,
            [series.limit] * len(labels),
            series.low or [None] * len(labels),
            series.high or [None] * len(labels),
            strict=True,
        )
    ]
    return Chart(
        "month",
        title,
        _("A day of which nothing is known is a gap."),
        plot(
            traces,
            figures,
            percent=series.measure is Measure.SHARE,
            categories=True,
            every=LABEL_EVERY,
        ),
        (table(what, columns, [(d, *r) for d, r in zip(labels, rows, strict=True)]),),
    )


def _band(series: Series, labels: list[str]) -> list[Plot]:
    if not series.low or not series.high:
        return []
    edge = {"width": 0, "color": CLEAR}
    low = line(_("Lowest"), labels, series.low, line=edge, showlegend=False)
    fill = {"fill": "tonexty", "fillcolor": BAND}
    return [low, line(_("Usual range"), labels, series.high, line=edge, **fill)]


def _text(value: Value, measure: Measure, figures: Figures) -> str:
    if value is None:
        return NOTHING
    if measure is Measure.SHARE:
        return figures.percent(value)
    if value == int(value):
        return figures.count(int(value))
    return f"{value:.3g}".replace(".", figures.decimal)
