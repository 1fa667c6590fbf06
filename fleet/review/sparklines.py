"""Thirty days of one number as a small picture: inline SVG without scripts or styles. Pure.

All pictures of a column share one scale, or their shapes would lie when compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby

WIDTH, HEIGHT = 90, 20
FEWEST_FOR_BAND = 7
Series = Sequence[float | None]
# A page draws thousands of points: their heights are tenths, written once. A line keeps its own
# thickness from the edges.
TENTHS = 10
_TALLEST, _HIGHEST = HEIGHT * TENTHS, (HEIGHT - 2) * TENTHS
_BARS = [f"v-{n / TENTHS:g}h2v{n / TENTHS:g}z" for n in range(_TALLEST + 1)]
_POINTS = [f"{HEIGHT - 1 - n / TENTHS:.1f}" for n in range(_HIGHEST + 1)]


@dataclass(frozen=True, slots=True)
class Band:
    """Between which values 90 of 100 of the days before lay."""

    low: float
    high: float


def band_of(values: Series, is_closed: Sequence[bool]) -> Band | None:
    """Return the band of the open days before the last one; None for too few of them."""
    before = zip(values[:-1], is_closed[:-1], strict=True)
    known = sorted(value for value, closed in before if value is not None and not closed)
    if len(known) < FEWEST_FOR_BAND:
        return None
    edge = round(0.05 * (len(known) - 1))
    return Band(known[edge], known[-1 - edge])


def top_of(many: Iterable[Series]) -> float:
    """Return the top of the scale that these series share."""
    return max((value for series in many for value in filter(None, series)), default=0) or 1


def bars(
    values: Series, is_closed: Sequence[bool], band: Band | None, top: float, said: str
) -> str:
    """Return bars from zero, the last one marked; a gap where nobody knows, paler where the region
    does not work."""
    paths: dict[str, list[str]] = {"bar": [], "off": [], "last": []}
    kinds = ["off" if closed else "bar" for closed in is_closed[:-1]]
    for value, kind, place in zip(values, [*kinds, "last"], _places(len(values)), strict=True):
        if value is not None:
            paths[kind].append(f"M{place} {HEIGHT}{_BARS[_tenths(value / top, _TALLEST)]}")
    drawn = "".join(
        f'<path class="{kind}" d="{"".join(parts)}"/>' for kind, parts in paths.items() if parts
    )
    return _svg(_band(band, top) + drawn, said)


def line(values: Series, band: Band | None, top: float, said: str) -> str:
    """Return a line with its last point marked; it is broken where nobody knows."""
    points = [
        f"{place} {_POINTS[_tenths(value / top, _HIGHEST)]}" if value is not None else ""
        for value, place in zip(values, _places(len(values)), strict=True)
    ]
    runs = [list(run) for is_known, run in groupby(points, bool) if is_known]
    path = "".join(f"M{'L'.join(run)}{'' if run[1:] else 'h1'}" for run in runs)
    point = f'<path class="point" d="M{points[-1]}h0"/>' if points[-1] else ""
    drawn = f'<path class="line" d="{path}"/>{point}' if path else ""
    return _svg(_band(band, top) + drawn, said)


def _tenths(part: float, whole: int) -> int:
    return round(part * whole) if part < 1 else whole


@cache
def _places(n: int) -> list[str]:
    """Return from where on the width the n values are drawn."""
    return [f"{place * WIDTH / n:g}" for place in range(n)]


def _band(band: Band | None, top: float) -> str:
    if band is None:
        return ""
    high = HEIGHT * min(band.high / top, 1)
    height = max(high - HEIGHT * min(band.low / top, 1), 1)
    return f'<rect class="band" y="{HEIGHT - high:.1f}" width="{WIDTH}" height="{height:.1f}"/>'


def _svg(drawn: str, said: str) -> str:
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(said)}">{drawn}</svg>'
    )
