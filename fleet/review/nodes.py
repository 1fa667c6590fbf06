"""A region's nodes side by side: what each scored on one local day, and how often alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.charts import Chart, bars, plot, plot_text, series_marker, short, table
from fleet.review.figures import NOTHING, Figures
from fleet.review.numbers import share
from regions.models import HourlyOutput

MOST_SERIES = 12


@dataclass(slots=True)
class NodeOutput:
    """One node's scores of one model and class. `n_identical` of `n_in_that_hour` were equal in
    the hour in which most were."""

    node: str
    model_code: str
    class_code: str
    n_scored: int = 0
    n_positive: int = 0
    n_invalid: int = 0
    n_identical: int = 0
    n_in_that_hour: int = 0

    @property
    def series(self) -> str:
        return f"{short(self.model_code)} · {short(self.class_code)}"


def node_outputs(region_id: int, starts_at: datetime, ends_at: datetime) -> list[NodeOutput]:
    """Return each node's outputs between two moments, by name, in one query."""
    rows = HourlyOutput.objects.filter(region=region_id, hour__gte=starts_at, hour__lt=ends_at)
    found: dict[tuple[str, str, str], NodeOutput] = {}
    for node, model, name, n_scored, n_positive, n_invalid, n_identical in rows.values_list(
        *("node", "model_code", "class_code"),
        *("n_scored", "n_positive", "n_invalid", "n_identical"),
    ):
        one = found.setdefault((node, model, name), NodeOutput(node, model, name))
        one.n_scored += n_scored
        one.n_positive += n_positive
        one.n_invalid += n_invalid
        if n_identical > one.n_identical:
            one.n_identical, one.n_in_that_hour = n_identical, n_scored
    return [found[key] for key in sorted(found)]


def node_charts(outputs: Sequence[NodeOutput], figures: Figures) -> Iterator[Chart]:
    """Yield scores and positive shares by node."""
    if not outputs:
        return
    nodes = sorted({one.node for one in outputs})
    by_node = {node: sum(o.n_scored for o in outputs if o.node == node) for node in nodes}
    words = {"n": len(nodes), "count": figures.count(sum(by_node.values()))}
    yield Chart(
        "node-scores",
        ngettext(
            "%(n)s node made %(count)s scores.", "%(n)s nodes made %(count)s scores.", len(nodes)
        )
        % words,
        _("A node is the server or GPU that made the answer, as the region names it."),
        plot(
            [bars(_("Scores"), [plot_text(n) for n in nodes], list(by_node.values()))],
            figures,
            categories=True,
        ),
        (
            table(
                _("Scores by node"),
                (_("Node"), _("Scores")),
                [(short(node), figures.count(n)) for node, n in by_node.items()],
            ),
        ),
    )
    yield positives_by_node(outputs, figures)


def positives_by_node(outputs: Sequence[NodeOutput], figures: Figures) -> Chart:
    """Nodes that run the same model should find about the same share of positives."""
    series = list(dict.fromkeys(one.series for one in outputs))
    traces = [
        bars(
            plot_text(name),
            [plot_text(one.node) for one in outputs if one.series == name],
            [share(one.n_positive, one.n_scored) for one in outputs if one.series == name],
            marker=series_marker(n),
        )
        for n, name in enumerate(series[:MOST_SERIES])
    ]
    rows = [
        (
            short(one.node),
            one.series,
            figures.count(one.n_scored),
            figures.percent(share(one.n_positive, one.n_scored)),
            figures.count(one.n_invalid),
            _identical(one, figures),
        )
        for one in outputs
    ]
    columns = (
        *(_("Node"), _("Model and class"), _("Scores"), _("Positive")),
        *(_("Invalid scores"), _("Most equal scores in an hour")),
    )
    return Chart(
        "node-positives",
        _positives_title(outputs, figures),
        _("The share of positives of each node, by model and class."),
        plot(traces, figures, percent=True, categories=True),
        (table(_("Outputs by node"), columns, rows),),
    )


def _positives_title(outputs: Sequence[NodeOutput], figures: Figures) -> str:
    found = [s for one in outputs if (s := share(one.n_positive, one.n_scored)) is not None]
    if not found:
        return _("Positives by node: nothing was scored.")
    return _("Positives by node: from %(low)s to %(high)s.") % {
        "low": figures.percent(min(found)),
        "high": figures.percent(max(found)),
    }


def _identical(one: NodeOutput, figures: Figures) -> str:
    if not one.n_in_that_hour:
        return NOTHING
    return _("%(n)s of %(all)s") % {
        "n": figures.count(one.n_identical),
        "all": figures.count(one.n_in_that_hour),
    }
