"""A picture for a message: the number of the last hours or days, with its limit and usual range.

Drawn to be read on a phone: few words, large. It holds no more than the message's own text may.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from io import BytesIO
from math import floor, log10
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext
from PIL import Image, ImageDraw, ImageFont

from fleet.alerts.messages import harmless, newest_finding, number
from fleet.alerts.models_outbox import Message
from fleet.alerts.series.days import daily
from fleet.alerts.series.hours import hourly
from fleet.alerts.series.series import Series
from regions.localday import local_day

WIDTH, HEIGHT = 1200, 600
# Drawn larger and made smaller, so that lines are smooth.
SCALE = 2
LEFT, RIGHT, TOP, BOTTOM = 150, 1160, 150, 530
PAGE, TEXT, MUTED, LINE = "#ffffff", "#1b1f24", "#5b6168", "#dfe2e6"
VALUE, LIMIT = "#0067b8", "#721223"
SMALL, LARGE = 30, 38
N_DAY_LABELS, N_HOUR_LABELS = 5, 3
MAX_NAME = 30
FONT = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"

Point = tuple[float, float]


def picture_of(message: Message, now: datetime) -> bytes | None:
    """Return a PNG for the alert in the channel's language; None for what has no numbers to draw.

    Hours are those of the channel's clock, days those of the region.
    """
    alert, channel = message.alert, message.channel
    if alert is None or alert.region is None:
        return None
    finding = newest_finding(alert)
    if finding is None:
        return None
    with override(channel.language):
        series = hourly(finding, now) or daily(finding, local_day(now, alert.region.zone))
        if series is None:
            return None
        return drawn(series, alert.region.name[:MAX_NAME], channel.zone)


def drawn(series: Series, where: str, zone: ZoneInfo) -> bytes:
    """Return the PNG, WIDTH × HEIGHT."""
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAGE)
    canvas = _Canvas(ImageDraw.Draw(image))
    place = _Place(series)
    _title(canvas, series, where)
    _band(canvas, series, place)
    _grid(canvas, series, place, zone)
    _limit(canvas, series, place)
    _values(canvas, series, place)
    packed = BytesIO()
    image.reduce(SCALE).save(packed, "PNG")
    return packed.getvalue()


class _Canvas:
    """Draws by the picture's own pixels, whatever the scale."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def line(self, points: list[Point], color: str, width: int) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, color, width * SCALE, joint="curve")

    def area(self, points: list[Point], color: str) -> None:
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], color)

    def dot(self, at: Point, color: str, radius: int) -> None:
        self._draw.circle((at[0] * SCALE, at[1] * SCALE), radius * SCALE, color)

    def text(self, at: Point, text: str, color: str, size: int, anchor: str) -> None:
        self._draw.text(
            (at[0] * SCALE, at[1] * SCALE), text, color, _font(size * SCALE), anchor=anchor
        )

    def width(self, text: str, size: int) -> float:
        return _font(size * SCALE).getlength(text) / SCALE


class _Place:
    """Where a value stands: from nothing at the bottom to a little above the highest at the top."""

    def __init__(self, series: Series) -> None:
        known = [*series.values, *series.low, *series.high, series.limit]
        numbers = [value for value in known if value is not None]
        self.top = max(*numbers, 0.0) * 1.12 or 1.0
        self.low = min(*numbers, 0.0) * 1.12
        self._step = (RIGHT - LEFT) / max(len(series.times) - 1, 1)

    def x(self, at: int) -> float:
        return LEFT + at * self._step

    def y(self, value: float) -> float:
        return BOTTOM - (value - self.low) / (self.top - self.low) * (BOTTOM - TOP)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def _title(canvas: _Canvas, series: Series, where: str) -> None:
    what = ", ".join(filter(None, (series.title, harmless(series.about))))
    canvas.text((40, 48), where, TEXT, LARGE, "ls")
    size = LARGE
    while size > SMALL // 2 and canvas.width(what, size) > WIDTH - 80:
        size -= 2
    canvas.text((40, 102), what, TEXT, size, "ls")


def _band(canvas: _Canvas, series: Series, place: _Place) -> None:
    """Shade the usual range, each stretch of it that is known."""
    stretch: list[tuple[float, float, float]] = []
    pairs = zip(series.low, series.high, strict=False)
    for at, (low, high) in enumerate([*pairs, (None, None)]):
        if low is not None and high is not None:
            stretch.append((place.x(at), place.y(low), place.y(high)))
            continue
        if len(stretch) > 1:
            under = [(x, y) for x, y, _high in stretch]
            over = [(x, y) for x, _low, y in reversed(stretch)]
            canvas.area([*under, *over], LINE)
        stretch = []


def _grid(canvas: _Canvas, series: Series, place: _Place, zone: ZoneInfo) -> None:
    for value in _round_values(place.top):
        y = place.y(value)
        canvas.line([(LEFT, y), (RIGHT, y)], LINE, 2)
        canvas.text((LEFT - 14, y), number(value, series.measure), MUTED, SMALL, "rm")
    last = len(series.times) - 1
    n_labels = N_HOUR_LABELS if isinstance(series.times[0], datetime) else N_DAY_LABELS
    for n in range(n_labels):
        at = round(n * last / (n_labels - 1))
        anchor = "ls" if n == 0 else "rs" if n == n_labels - 1 else "ms"
        label = _moment(series.times[at], zone)
        canvas.text((place.x(at), BOTTOM + 46), label, MUTED, SMALL, anchor)


def _round_values(top: float) -> list[float]:
    """Return three to five round values from nothing to the top, one step apart."""
    size: float = 10 ** floor(log10(top))
    steps = (part * size for part in (0.2, 0.5, 1, 2))
    step = next(one for one in steps if top / one < 5)
    return [n * step for n in range(int(top / step) + 1)]


def _limit(canvas: _Canvas, series: Series, place: _Place) -> None:
    if series.limit is None:
        return
    y, dash = place.y(series.limit), 24
    for x in range(LEFT, RIGHT, 2 * dash):
        canvas.line([(x, y), (min(x + dash, RIGHT), y)], LIMIT, 5)
    said = _("limit %(limit)s") % {"limit": number(series.limit, series.measure)}
    canvas.text((LEFT + 12, y - 12), said, LIMIT, SMALL, "ls")


def _values(canvas: _Canvas, series: Series, place: _Place) -> None:
    """Join the values that follow each other, and name the last one."""
    stretch: list[Point] = []
    last: tuple[Point, float] | None = None
    for at, value in enumerate([*series.values, None]):
        if value is not None:
            stretch.append((place.x(at), place.y(value)))
            last = (stretch[-1], value)
            continue
        if len(stretch) > 1:
            canvas.line(stretch, VALUE, 6)
        elif stretch:
            canvas.dot(stretch[0], VALUE, 7)
        stretch = []
    if last is not None:
        (x, y), value = last
        canvas.dot((x, y), VALUE, 11)
        said = number(value, series.measure)
        # Beside a high value there is no room above it.
        at_y = y + 52 if y < TOP + 40 else y - 24
        canvas.text((min(x, RIGHT), at_y), said, VALUE, LARGE, "rs")


def _moment(moment: date | datetime, zone: ZoneInfo) -> str:
    if isinstance(moment, datetime):
        form = pgettext("format of an hour in a picture", "j M, H:i")
        return date_format(moment.astimezone(zone), form)
    return date_format(moment, pgettext("format of a day in a picture", "j M"))
