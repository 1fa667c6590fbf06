"""What a number of the review is made of: its definition, window, rows and age, for one region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from fleet.review.columns import Cell, Cells
from fleet.review.day import RegionDay
from fleet.review.lamps import Lamps


@dataclass(frozen=True, slots=True)
class Explanation:
    """`window` and `known` are sentences, `place` says why the row stands where it stands;
    `models` and `versions` are lines of text."""

    window: str
    known: str
    place: str
    cells: tuple[Cell, ...]
    models: tuple[str, ...]
    versions: tuple[str, ...]


def explanation(row: RegionDay, cells: tuple[Cell, ...], maker: Cells, lamps: Lamps) -> Explanation:
    """Return what stands below the row when it is opened."""
    return Explanation(
        window=_window(row),
        known=lamps.data(row).why,
        place=row.reasons[0].place if row.reasons else "",
        cells=tuple(cell for cell in cells if cell.column.key != "models"),
        models=tuple(maker.model_words(one) for one in row.positives),
        versions=tuple(maker.version_words(one) for one in row.versions),
    )


def _window(row: RegionDay) -> str:
    return _("From %(start)s to %(end)s UTC: %(hours)s hours of the clock of %(zone)s.") % {
        "start": _utc(row.starts_at),
        "end": _utc(row.ends_at),
        "hours": round((row.ends_at - row.starts_at) / timedelta(hours=1)),
        "zone": row.region.time_zone,
    }


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
