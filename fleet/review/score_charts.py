"""What the models said: the share of positives and the scores, beside the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.attributes import SCORE_RANGE, Bins
from fleet.review.charts import (
    NOW,
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
from fleet.review.profiles import N_BINS, Compared, Scores
from fleet.review.reference import Reference

# Each chart is a tenth of a second in the browser; the table of all classes stands above them.
MOST_HISTOGRAMS = 12


def score_charts(
    scores: Sequence[Scores], reference: Reference, figures: Figures
) -> Iterator[Chart]:
    """Yield the class mix, then a histogram for each model and class."""
    if not scores:
        return
    yield class_mix(scores, reference, figures)
    for number, one in enumerate(scores[:MOST_HISTOGRAMS]):
        yield score_histogram(number, one, figures)


def class_mix(scores: Sequence[Scores], reference: Reference, figures: Figures) -> Chart:
    """The positives' share of each model and class, now and in the reference."""
    labels = [plot_text(f"{one.model_code} · {one.class_code}") for one in scores]
    now = [share(one.n_positive, one.compared.n) for one in scores]
    before = [share(one.n_positive_reference, one.compared.n_reference) for one in scores]
    total = sum(one.compared.n for one in scores)
    positive = share(sum(one.n_positive for one in scores), total)
    title = _("Positives by class: %(share)s of %(count)s scores.") % {
        "share": figures.percent(positive),
        "count": figures.count(total),
    }
    traces = [
        bars(_("This day"), now, labels, orientation="h"),
        bars(_("Reference"), before, labels, REFERENCE, orientation="h"),
    ]
    note = reference.text
    n_more = len(scores) - MOST_HISTOGRAMS
    if n_more > 0:
        more = ngettext(
            "%(n)s class more has no histogram here.",
            "%(n)s classes more have no histogram here.",
            n_more,
        )
        note = f"{note} {more % {'n': n_more}}"
    rows = [
        (
            f"{short(one.model_code)} · {short(one.class_code)}",
            ", ".join(map(short, sorted(one.versions)[:5])) or NOTHING,
            figures.count(one.compared.n),
            figures.percent(now[n]),
            figures.percent(before[n]),
            figures.count(one.compared.n_reference),
        )
        for n, one in enumerate(scores)
    ]
    columns = (
        *(_("Model and class"), _("Versions"), _("Scores"), _("Positive")),
        *(_("Positive, reference"), _("Scores, reference")),
    )
    figure = plot(traces, figures, percent=True, categories=True, horizontal=True)
    return Chart("class-mix", title, note, figure, (table(_("Positives by class"), columns, rows),))


def score_histogram(number: int, scores: Scores, figures: Figures) -> Chart:
    bins = Bins(*SCORE_RANGE)
    title = _("Scores of %(model)s, %(name)s: median %(median)s, in the reference %(before)s.") % {
        "model": short(scores.model_code),
        "name": short(scores.class_code),
        "median": median_text(bins, scores.compared.bins, figures),
        "before": median_text(bins, scores.compared.bins_reference, figures),
    }
    return Chart(
        f"score-{number}",
        title,
        figure_note(scores.compared, figures),
        histogram_plot(scores.compared, bins, figures),
        (histogram_table(title, scores.compared, bins, figures),),
    )


def histogram_plot(compared: Compared, bins: Bins, figures: Figures, *more: Plot) -> Plot:
    """Return the shares of the shown day as bars, those of the reference as a line of steps."""
    used = used_bins(compared)
    middles = [round(bins.middle(number), 6) for number in used]
    before = line(_("Reference"), middles, shares(compared.bins_reference, used), REFERENCE)
    before["line"] = {**before["line"], "shape": "hvh"}
    now = bars(_("This day"), middles, shares(compared.bins, used), NOW)
    now["width"] = round(bins.width, 6)
    return plot([now, before, *more], figures, percent=True)


def histogram_table(caption: str, compared: Compared, bins: Bins, figures: Figures) -> Table:
    """Return the bins in which anything is, now or in the reference."""
    total, total_before = sum(compared.bins), sum(compared.bins_reference)
    rows = [
        (
            range_text(bins, number, figures),
            figures.count(compared.bins[number]),
            figures.percent(share(compared.bins[number], total)),
            figures.percent(share(compared.bins_reference[number], total_before)),
        )
        for number in used_bins(compared)
        if compared.bins[number] or compared.bins_reference[number]
    ]
    columns = (_("Range"), _("This day"), _("Share"), _("Share, reference"))
    return table(caption, columns, rows)


def used_bins(compared: Compared) -> range:
    """Return the bins that hold anything, now or in the reference, and one more at each end."""
    used = [
        n
        for n, pair in enumerate(zip(compared.bins, compared.bins_reference, strict=True))
        if any(pair)
    ]
    return range(max(used[0] - 1, 0), min(used[-1] + 2, N_BINS)) if used else range(0)


def shares(counts: Sequence[int], used: range) -> list[float | None]:
    total = sum(counts)
    return [round(counts[n] / total, 6) if total else None for n in used]


def range_text(bins: Bins, number: int, figures: Figures) -> str:
    low, high = bins.edges(number)
    if low is None:
        return _("below %(limit)s") % {"limit": plain(high, figures)}
    if high is None:
        return _("over %(limit)s") % {"limit": plain(low, figures)}
    return f"{plain(low, figures)} – {plain(high, figures)}"


def figure_note(compared: Compared, figures: Figures) -> str:
    """Return how many values are counted on the shown day and in the reference."""
    return _("Values: %(now)s on this day, %(before)s in the reference.") % {
        "now": figures.count(compared.n),
        "before": figures.count(compared.n_reference),
    }


def median_text(bins: Bins, counts: Sequence[int], figures: Figures) -> str:
    """Return the median with as many digits as the bins are worth."""
    value = bins.median(counts)
    return NOTHING if value is None else f"{value:.{bins.digits}f}".replace(".", figures.decimal)


def plain(value: float | None, figures: Figures) -> str:
    """Return an edge of a bin."""
    if value is None:
        return NOTHING
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return text.replace(".", figures.decimal)
