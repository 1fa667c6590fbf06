"""The local day by hour: volume, latency, waiting, outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.review.charts import (
    BAND,
    CLEAR,
    NOW,
    REFERENCE,
    Chart,
    Plot,
    bars,
    line,
    marker,
    not_provided,
    plot,
    table,
)
from fleet.review.dayhours import DayHours, Hour
from fleet.review.figures import NOTHING, Figures
from fleet.review.numbers import Numbers

LABEL_EVERY = 3


def hour_charts(
    day: DayHours | None, figures: Figures, provides: frozenset[str]
) -> Iterator[Chart]:
    """Yield the charts; those of answers only where the region shows its processing."""
    if day is None:
        return
    yield volume(day, figures)
    if "processing" not in provides:
        yield Chart("no-answers", "", missing=not_provided("processing"))
        return
    yield outcomes(day, figures)
    yield latency(day, figures)
    yield wait(day, figures)


def volume(day: DayHours, figures: Figures) -> Chart:
    """Studies received against the same hours of the same weekday."""
    known = [hour for hour in day.hours if hour.numbers is not None]
    judged = [hour for hour in known if hour.usual is not None and hour.is_whole]
    words = {
        "total": figures.count(sum(_received(hour) or 0 for hour in known)),
        "outside": len([hour for hour in judged if _is_outside(hour)]),
        "judged": len(judged),
    }
    title = _("Studies by hour: %(total)s received.")
    if judged:
        title = _(
            "Studies by hour: %(total)s received; "
            "hours outside the usual band: %(outside)s of %(judged)s."
        )
    labels = _labels(day)
    traces: list[Plot] = []
    if any(hour.usual for hour in day.hours):
        traces = _band(day, labels)
    traces.append(bars(_("Received"), labels, [_received(hour) for hour in day.hours]))
    return Chart(
        "volume",
        title % words,
        _usual_note(day),
        plot(traces, figures, categories=True, every=LABEL_EVERY),
        (
            table(
                _("Studies by hour"),
                (_("Hour"), _("Received"), _("Usual"), _("Lowest"), _("Highest")),
                [_volume_row(hour, figures) for hour in day.hours],
            ),
        ),
    )


def outcomes(day: DayHours, figures: Figures) -> Chart:
    """What became of the answers, stacked so that they add up to those expected."""
    kinds = outcome_kinds()
    labels = _labels(day)
    traces = [
        bars(
            name,
            labels,
            [part_of(hour.numbers, key) for hour in day.hours],
            color,
            marker=marker(color, shape),
        )
        for key, name, color, shape in kinds
        if any(part_of(hour.numbers, key) for hour in day.hours)
    ]
    total = Numbers.total(hour.numbers for hour in day.hours if hour.numbers)
    title = _("Answers by hour: %(expected)s expected, %(failed)s failed, %(pending)s pending.") % {
        "expected": figures.count(total.n_expected),
        "failed": figures.count(total.n_failed),
        "pending": figures.count(total.n_pending),
    }
    return Chart(
        "outcomes",
        title,
        _("An answer is a study and a pipeline, in the hour in which the study was received."),
        plot(traces, figures, barmode="stack", categories=True, every=LABEL_EVERY),
        (
            table(
                _("Answers by hour"),
                (_("Hour"), *(name for _key, name, _color, _shape in kinds)),
                [
                    (
                        hour.label,
                        *(_count(part_of(hour.numbers, kind[0]), figures) for kind in kinds),
                    )
                    for hour in day.hours
                ],
            ),
        ),
    )


def latency(day: DayHours, figures: Figures) -> Chart:
    """Latency percentiles of done answers, in seconds."""
    found = [hour.numbers or Numbers() for hour in day.hours]
    series = [
        ("p50", [n.latency_p50_s for n in found]),
        ("p95", [n.latency_p95_s for n in found]),
        ("p99", [n.latency_p99_s for n in found]),
    ]
    highest = _highest(day, series[1][1], figures)
    title = (
        _("Latency by hour: p95 was highest at %(hour)s, %(latency)s.") % highest
        if highest
        else _("Latency by hour: nothing was answered.")
    )
    note = _("From receiving a study to delivering its answer; known to ±4.6 %.")
    return _percentiles(day, "latency", title, note, series, figures)


def wait(day: DayHours, figures: Figures) -> Chart:
    """Time in the queue, in seconds."""
    series = [
        ("p50", [hour.wait_p50_s for hour in day.hours]),
        ("p95", [hour.wait_p95_s for hour in day.hours]),
    ]
    highest = _highest(day, series[1][1], figures)
    title = (
        _("Queue wait by hour: p95 was highest at %(hour)s, %(latency)s.") % highest
        if highest
        else _("Queue wait by hour: nothing was measured.")
    )
    note = _("From queueing an attempt to its start; known to ±4.6 %.")
    return _percentiles(day, "wait", title, note, series, figures)


def outcome_kinds() -> tuple[tuple[str, str, str, str], ...]:
    """Return (key, name, colour, pattern) of the parts of the expected answers."""
    return (
        ("done", pgettext("answers", "Done"), "--status-fine", ""),
        ("fallback", pgettext("answers", "Done by a fallback"), "--status-fine", "/"),
        ("pending", pgettext("answers", "Pending"), "--status-unknown", "."),
        ("rejected", pgettext("answers", "Rejected"), "--status-look", "\\"),
        ("failed", pgettext("answers", "Failed"), "--status-failing", ""),
        ("unknown", pgettext("answers", "Unknown"), "--status-unknown", "x"),
    )


def part_of(numbers: Numbers | None, key: str) -> int | None:
    """Return how many of the expected answers are of a kind; None where nobody knows."""
    if numbers is None:
        return None
    if key == "done":
        return numbers.n_done - numbers.n_fallback
    count: int = getattr(numbers, f"n_{key}")
    return count


def _percentiles(
    day: DayHours,
    key: str,
    title: str,
    note: str,
    series: Sequence[tuple[str, Sequence[float | None]]],
    figures: Figures,
) -> Chart:
    dashes = {"p50": "dot", "p95": "solid", "p99": "dash"}
    labels = _labels(day)
    traces = [
        line(
            name,
            labels,
            values,
            mode="lines+markers",
            line={"color": NOW if name != "p50" else REFERENCE, "dash": dashes[name], "width": 2},
            marker={"size": 5},
        )
        for name, values in series
    ]
    rows = [
        (hour.label, *(figures.latency(values[n]) for _name, values in series))
        for n, hour in enumerate(day.hours)
    ]
    return Chart(
        key,
        title,
        note,
        plot(traces, figures, unit=_("s"), categories=True, every=LABEL_EVERY),
        (table(title, (_("Hour"), *(name for name, _values in series)), rows),),
    )


def _band(day: DayHours, labels: list[str]) -> list[Plot]:
    usual = [hour.usual for hour in day.hours]
    edge = {"width": 0, "color": CLEAR, "shape": "hvh"}
    low = line(_("Lowest"), labels, [u and u.low for u in usual], line=edge, showlegend=False)
    high = line(
        _("Lowest to highest"),
        labels,
        [u and u.high for u in usual],
        line=edge,
        fill="tonexty",
        fillcolor=BAND,
    )
    middle = line(_("Usual"), labels, [u and u.median for u in usual], REFERENCE)
    middle["line"] = {**middle["line"], "shape": "hvh", "dash": "dot"}
    return [low, high, middle]


def _usual_note(day: DayHours) -> str:
    n = len(day.usual_days)
    if not any(hour.usual for hour in day.hours):
        return _("Too few earlier days of this weekday are known: there is no usual band yet.")
    words = {
        "n": n,
        "first": date_format(day.usual_days[0], _day_format()),
        "last": date_format(day.usual_days[-1], _day_format()),
    }
    return (
        ngettext(
            "Usual is the median of %(n)s earlier day of the same weekday, "
            "from %(first)s to %(last)s.",
            "Usual is the median of %(n)s earlier days of the same weekday, "
            "from %(first)s to %(last)s.",
            n,
        )
        % words
    )


def _day_format() -> str:
    return pgettext("format of a date, see Django's date filter", "j E")


def _volume_row(hour: Hour, figures: Figures) -> tuple[str, ...]:
    usual = hour.usual
    received = _count(_received(hour), figures)
    if hour.numbers is not None and not hour.is_whole:
        received = _("%(count)s so far") % {"count": received}
    if usual is None:
        return hour.label, received, NOTHING, NOTHING, NOTHING
    middle = f"{usual.median:g}".replace(".", figures.decimal)
    return hour.label, received, middle, figures.count(usual.low), figures.count(usual.high)


def _highest(
    day: DayHours, values: Sequence[float | None], figures: Figures
) -> dict[str, str] | None:
    known = [(value, n) for n, value in enumerate(values) if value is not None]
    if not known:
        return None
    value, n = max(known)
    return {"hour": day.hours[n].label, "latency": figures.latency(value)}


def _received(hour: Hour) -> int | None:
    return hour.numbers.n_received if hour.numbers is not None else None


def _is_outside(hour: Hour) -> bool:
    n, usual = _received(hour), hour.usual
    return n is not None and usual is not None and not usual.low <= n <= usual.high


def _labels(day: DayHours) -> list[str]:
    return [hour.label for hour in day.hours]


def _count(n: int | None, figures: Figures) -> str:
    return NOTHING if n is None else figures.count(n)
