"""Charts as plain values: a figure that plotly.js draws, and the tables that say the same.

A colour that begins with -- is a token of the style sheet; `static/js/charts.js` looks it up, so
that a chart follows the page's theme.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.figures import NOTHING, Figures, plain

logger = logging.getLogger(__name__)

Plot = dict[str, Any]
NOW, REFERENCE, BAND = "--accent", "--text-muted", "--line"
CLEAR = "rgba(0,0,0,0)"
MOST_ROWS = 100
# So few bars would be as broad as walls.
FEW_BARS = 4
_COLORS = (NOW, REFERENCE, "--status-look", "--status-failing", "--text")
_PATTERNS = ("", "/", "\\", "x", ".", "+")
# A region's texts are cut so by the contract; whoever breaks it shall not break the page.
LONGEST_TEXT = 64


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of text; the first cell of a row names it."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` is a sentence, `note` tells the window and how many rows were counted.

    Without a plot `missing` says why there is nothing to draw.
    """

    key: str
    title: str
    note: str = ""
    plot: Plot | None = None
    tables: tuple[Table, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Charts under one heading, or the sentence that stands in their place."""

    key: str
    heading: str
    charts: tuple[Chart, ...] = ()
    missing: str = ""


def section(
    key: str, heading: str, build: Callable[[], Iterable[Chart]], empty: str = ""
) -> Section:
    """Return the section, or one that says `empty` when there is nothing to draw.

    What cannot be computed says so in its place and breaks nothing else.
    """
    try:
        charts = tuple(build())
    except Exception:
        logger.exception("The section %s could not be computed", key)
        return Section(key, heading, missing=could_not_compute())
    return Section(key, heading, charts, "" if charts else empty or no_data_yet())


def plots_of(sections: Iterable[Section]) -> dict[str, Plot]:
    """Return the figures by the key of their chart, for the page's script."""
    return {
        chart.key: chart.plot for one in sections for chart in one.charts if chart.plot is not None
    }


def could_not_compute() -> str:
    return _("This could not be computed. The reason is in the log of the web process.")


def no_data_yet() -> str:
    return _("No data yet.")


def not_provided(view: str) -> str:
    return _("Not provided by this region: its contract has no view “%(view)s”.") % {"view": view}


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = ""
) -> Table:
    """Return the table with its first MOST_ROWS rows, and a sentence that counts the others."""
    kept = [tuple(row) for row in rows]
    n_more = len(kept) - MOST_ROWS
    if n_more > 0:
        more = ngettext("%(n)s row more.", "%(n)s rows more.", n_more) % {"n": n_more}
        note = f"{note} {more}".strip()
    return Table(caption, tuple(columns), tuple(kept[:MOST_ROWS]), note)


def short(text: str) -> str:
    """Return a region's text in a length that fits a cell; a dash where it is empty."""
    text = plain(text)
    return (text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…") or NOTHING


def plot_text(text: str) -> str:
    """Return the region's text for plotly.js, which would read markup and formulas in it."""
    safe = escape(short(text), quote=False).replace("$", "&#36;")
    return safe if safe.isascii() else f"\u2068{safe}\u2069"


def bars(name: str, x: Sequence[Any], y: Sequence[Any], color: str = NOW, **more: Any) -> Plot:
    return {
        "type": "bar",
        "name": name,
        "x": list(x),
        "y": list(y),
        "marker": {"color": color},
        **more,
    }


def line(name: str, x: Sequence[Any], y: Sequence[Any], color: str = NOW, **more: Any) -> Plot:
    """Return a line; where a value is None it has a gap."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "line": {"color": color, "width": 2},
        **more,
    }


def marker(color: str, shape: str) -> Plot:
    """Return a fill that is told from others by its pattern too, not by its colour alone."""
    pattern = {
        "shape": shape,
        "fillmode": "overlay",
        "fgcolor": "--page",
        "fgopacity": 1,
        "size": 6,
    }
    return {"color": color, "pattern": pattern}


def series_marker(number: int) -> Plot:
    """Return the fill of one of many series."""
    return marker(_COLORS[number % len(_COLORS)], _PATTERNS[number % len(_PATTERNS)])


def plot(
    traces: Sequence[Plot],
    figures: Figures,
    *,
    percent: bool = False,
    unit: str = "",
    barmode: str = "group",
    categories: bool = False,
    every: int = 1,
    horizontal: bool = False,
) -> Plot:
    """Return the figure: `percent` and `unit` tell what the values are, `categories` that the other
    axis has names, of which `every` n-th is written."""
    values: Plot = {"rangemode": "tozero", "gridcolor": BAND, "zerolinecolor": BAND}
    if percent:
        values["tickformat"] = ".0%"
    elif unit:
        values["ticksuffix"] = f" {unit}"
    names: Plot = {"gridcolor": CLEAR, "linecolor": BAND, "zeroline": False}
    if categories:
        names |= {"type": "category", "dtick": every}
    if every > 1:
        names["tickangle"] = 0
    fixed: Plot = {"fixedrange": True, "automargin": True}
    x, y = (values, {**names, "autorange": "reversed"}) if horizontal else (names, values)
    return {
        "data": list(traces),
        "layout": {
            "xaxis": {**x, **fixed},
            "yaxis": {**y, **fixed},
            "barmode": barmode,
            "bargap": 0.6 if categories and _n_bars(traces) < FEW_BARS else 0.25,
            "dragmode": False,
            "hovermode": "y unified" if horizontal else "x unified",
            "hoverlabel": {
                "bgcolor": "--page",
                "bordercolor": BAND,
                "font": {"color": "--text"},
                "namelength": LONGEST_TEXT,
            },
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "margin": {"l": 44, "r": 12, "t": 12, "b": 34},
            "font": {"color": REFERENCE, "size": 12},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "separators": f"{figures.decimal}{figures.thousands}",
        },
    }


def _n_bars(traces: Sequence[Plot]) -> int:
    return max((len(trace["x"]) for trace in traces), default=0)
