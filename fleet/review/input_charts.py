"""What the region was sent: each attribute beside its reference, and by device model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from fleet.review.attributes import INPUT_RANGES, Bins
from fleet.review.charts import (
    REFERENCE,
    Chart,
    Plot,
    Table,
    bars,
    line,
    plot,
    plot_text,
    short,
    table,
)
from fleet.review.figures import NOTHING, Figures
from fleet.review.numbers import share
from fleet.review.profiles import Categories, Compared, Inputs
from fleet.review.score_charts import (
    figure_note,
    histogram_plot,
    histogram_table,
    median_text,
    shares,
    used_bins,
)
from regions.attributes import category_names, input_names

MOST_BARS = 10
DEVICE_LINES = (
    ("--status-look", "solid"),
    ("--status-failing", "dash"),
    ("--text", "dot"),
    ("--status-unknown", "dashdot"),
)


def input_charts(found: Mapping[str, Inputs], figures: Figures) -> Iterator[Chart]:
    """Yield a histogram for each numeric attribute that the region gives."""
    for attribute, (name, unit) in input_names().items():
        if attribute in found:
            yield _input(attribute, name, unit, found[attribute], figures)


def category_charts(found: Mapping[str, Categories], figures: Figures) -> Iterator[Chart]:
    """Yield the values' shares for each categorical attribute that the region gives."""
    for attribute, name in category_names().items():
        if attribute in found and any(found[attribute].values):
            yield _category(attribute, name, found[attribute], figures)


def not_given(inputs: Mapping[str, Inputs], categories: Mapping[str, Categories]) -> list[str]:
    """Return the names of the attributes of which neither the day nor the reference has values."""
    absent = [name for key, (name, _unit) in input_names().items() if key not in inputs]
    return absent + [
        name
        for key, name in category_names().items()
        if key not in categories or not any(categories[key].values)
    ]


def _input(attribute: str, name: str, unit: str, found: Inputs, figures: Figures) -> Chart:
    bins = Bins(*INPUT_RANGES[attribute])
    compared = found.compared
    title = _("%(name)s: median %(median)s, in the reference %(before)s.") % {
        "name": f"{name}, {unit}" if unit else name,
        "median": median_text(bins, compared.bins, figures),
        "before": median_text(bins, compared.bins_reference, figures),
    }
    return Chart(
        f"input-{attribute}",
        title,
        figure_note(compared, figures),
        histogram_plot(compared, bins, figures, *_device_lines(found, bins)),
        (
            _devices(found.devices, bins, figures),
            histogram_table(title, compared, bins, figures),
        ),
    )


def _device_lines(found: Inputs, bins: Bins) -> list[Plot]:
    """Return the day's shares of the most frequent device models; a click in the legend shows
    them."""
    if len(found.devices) < 2:
        return []
    used = used_bins(found.compared)
    middles = [round(bins.middle(number), 6) for number in used]
    ranked = sorted(found.devices.items(), key=lambda item: (-item[1].n, item[0]))
    return [
        line(
            plot_text(device),
            middles,
            shares(one.bins, used),
            visible="legendonly",
            line={"color": color, "width": 2, "shape": "hvh", "dash": dash},
        )
        for (device, one), (color, dash) in zip(ranked, DEVICE_LINES, strict=False)
        if one.n
    ]


def _devices(devices: Mapping[str, Compared], bins: Bins, figures: Figures) -> Table:
    rows = [
        (
            short(device),
            figures.count(one.n),
            median_text(bins, one.bins, figures),
            median_text(bins, one.bins_reference, figures),
            figures.count(one.n_reference),
        )
        for device, one in sorted(devices.items(), key=lambda item: (-item[1].n, item[0]))
    ]
    columns = (
        *(_("Device model"), _("Values"), _("Median")),
        *(_("Median, reference"), _("Values, reference")),
    )
    return table(_("By device model"), columns, rows)


def _category(attribute: str, name: str, found: Categories, figures: Figures) -> Chart:
    ranked = sorted(found.values.items(), key=lambda item: (-item[1][0], -item[1][1], item[0]))
    total, before = (sum(counts[place] for _value, counts in ranked) for place in (0, 1))
    shown = ranked[:MOST_BARS]
    labels = [plot_text(value) for value, _counts in shown]
    traces = [
        bars(
            label,
            [share(counts[place], whole) for _value, counts in shown],
            labels,
            color,
            orientation="h",
        )
        for label, place, whole, color in (
            (_("This day"), 0, total, "--accent"),
            (_("Reference"), 1, before, REFERENCE),
        )
    ]
    rows = [
        (
            short(value),
            figures.count(counts[0]),
            figures.percent(share(counts[0], total)),
            figures.percent(share(counts[1], before)),
        )
        for value, counts in ranked
    ]
    first, counts = ranked[0]
    title = _("%(name)s: %(value)s in %(share)s, in the reference %(before)s.") % {
        "name": name,
        "value": short(first),
        "share": figures.percent(share(counts[0], total)),
        "before": figures.percent(share(counts[1], before)),
    }
    values = table(name, (_("Value"), _("This day"), _("Share"), _("Share, reference")), rows)
    return Chart(
        f"category-{attribute}",
        title,
        figure_note(Compared(total, before), figures),
        plot(traces, figures, percent=True, categories=True, horizontal=True),
        (values, _values_by_device(found, figures)),
    )


def _values_by_device(found: Categories, figures: Figures) -> Table:
    rows = [
        (
            short(device),
            figures.count(sum(counts[0] for counts in values.values())),
            _commonest(values, 0, figures),
            _commonest(values, 1, figures),
        )
        for device, values in sorted(
            found.devices.items(),
            key=lambda item: (-sum(counts[0] for counts in item[1].values()), item[0]),
        )
    ]
    columns = (
        *(_("Device model"), _("This day")),
        *(_("Most frequent value"), _("Most frequent value, reference")),
    )
    return table(_("By device model"), columns, rows)


def _commonest(values: Mapping[str, list[int]], place: int, figures: Figures) -> str:
    total = sum(counts[place] for counts in values.values())
    if not total:
        return NOTHING
    value, counts = max(values.items(), key=lambda item: (item[1][place], item[0]))
    return f"{short(value)}, {figures.percent(share(counts[place], total))}"
