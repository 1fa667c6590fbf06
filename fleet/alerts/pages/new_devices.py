"""How a device model that was never seen before differs from the others of its region."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.alerts.detectors.closed_categories import COUNTED_IN
from fleet.alerts.models import Finding
from fleet.review.attributes import INPUT_RANGES, Bins
from fleet.review.charts import NOW, Chart, bars, plot, plot_text, short, table
from fleet.review.figures import Figures
from fleet.review.numbers import share
from fleet.review.profiles import N_BINS, Categories, Inputs, inputs_of
from fleet.review.reference import Reference
from fleet.review.score_charts import median_text
from regions.attributes import category_names, input_names
from regions.drift.categories import LEAST_STUDIES
from regions.drift.figures import ks
from regions.drift.histogram import shares

MOST_BARS = 8


@dataclass(frozen=True, slots=True)
class _Difference:
    """An attribute, what the new device and the others have in it, and how far apart: 0 to 1."""

    name: str
    new: str
    others: str
    size: float


def new_device_charts(finding: Finding, reference: Reference, figures: Figures) -> Iterator[Chart]:
    """Yield one chart: the attributes in which the new device models differ most from the others of
    the day and the reference; none where there is nothing to compare."""
    numeric, categorical = inputs_of(finding.region_id, finding.day, reference)
    names = frozenset(finding.detail.split(", "))
    found = [*_numeric(numeric, names, figures), *_categorical(categorical, names, figures)]
    if found:
        found.sort(key=lambda one: (-one.size, one.name))
        n = sum(_counted(categorical.get(COUNTED_IN, Categories()), names)[0].values())
        yield _chart(finding.detail, n, found, figures)


def _numeric(
    found: Mapping[str, Inputs], names: frozenset[str], figures: Figures
) -> Iterator[_Difference]:
    for attribute, (name, unit) in input_names().items():
        new, others = np.zeros((2, N_BINS), dtype=np.int64)
        for device, one in found.get(attribute, Inputs()).devices.items():
            if device in names:
                new += one.bins
            else:
                others += np.add(one.bins, one.bins_reference)
        if new.sum() >= LEAST_STUDIES and others.any():
            bins = Bins(*INPUT_RANGES[attribute])
            yield _Difference(
                f"{name}, {unit}" if unit else name,
                median_text(bins, new.tolist(), figures),
                median_text(bins, others.tolist(), figures),
                float(ks(new, others)),
            )


def _categorical(
    found: Mapping[str, Categories], names: frozenset[str], figures: Figures
) -> Iterator[_Difference]:
    for attribute, name in category_names().items():
        new, others = _counted(found.get(attribute, Categories()), names)
        if new.total() >= LEAST_STUDIES and others.total() and any({*new, *others}):
            values = sorted({*new, *others})
            of_new, of_others = (
                shares(np.array([one[value] for value in values])) for one in (new, others)
            )
            size = float(np.abs(of_new - of_others).sum() / 2)
            yield _Difference(name, _commonest(new, figures), _commonest(others, figures), size)


def _counted(found: Categories, names: frozenset[str]) -> tuple[Counter[str], Counter[str]]:
    """Return how often the new devices have each value on the day, and the others at all."""
    new, others = Counter[str](), Counter[str]()
    for device, values in found.devices.items():
        for value, (n, n_reference) in values.items():
            if device in names:
                new[value] += n
            else:
                others[value] += n + n_reference
    return new, others


def _commonest(counted: Counter[str], figures: Figures) -> str:
    value, n = max(counted.items(), key=lambda item: (item[1], item[0]))
    return f"{short(value)}, {figures.percent(share(n, counted.total()))}"


def _chart(device: str, n: int, found: list[_Difference], figures: Figures) -> Chart:
    first, shown = found[0], found[:MOST_BARS]
    title = ngettext(
        "%(device)s, %(n)s study: furthest from the other devices in “%(name)s”: %(new)s, theirs"
        " %(others)s.",
        "%(device)s, %(n)s studies: furthest from the other devices in “%(name)s”: %(new)s, theirs"
        " %(others)s.",
        n,
    ) % {
        "device": short(device),
        "n": figures.count(n),
        "name": first.name,
        "new": first.new,
        "others": first.others,
    }
    sizes = bars(
        _("Difference"),
        [one.size for one in shown],
        [plot_text(one.name) for one in shown],
        NOW,
        orientation="h",
    )
    rows = [(one.name, one.new, one.others, figures.percent(one.size)) for one in found]
    columns = (_("Attribute"), _("New device"), _("Other devices"), _("Difference"))
    return Chart(
        "new-device",
        title,
        _("The difference is the share of studies that would need another value to be alike."),
        plot([sizes], figures, percent=True, categories=True, horizontal=True),
        (table(_("By attribute"), columns, rows),),
    )
