"""How fast studies come from a region, and when one will be here."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from fleet.exports.models import ExportedStudy
from regions.models import Region

State = ExportedStudy.State
# So many transfers say how fast a region's line is.
LOOK_BACK = 5


def usual_rate(region: Region) -> float | None:
    """Return the bytes per second of the region's last transfers; None before the first."""
    rates = (
        ExportedStudy.objects.filter(export__region=region, bytes_per_s__gt=0)
        .order_by("-seen_at")
        .values_list("bytes_per_s", flat=True)[:LOOK_BACK]
    )
    known = [rate for rate in rates if rate is not None]
    return median(known) if known else None


def seconds_left(study: ExportedStudy) -> float | None:
    """Return how long the rest of the transfer takes, without waiting; None where unknown."""
    if study.n_bytes is None:
        return None
    is_moving = study.state == State.FETCHING and study.bytes_per_s
    rate = study.bytes_per_s if is_moving else usual_rate(study.export.region)
    return max(0, study.n_bytes - study.n_bytes_fetched) / rate if rate else None


def fetched_by(study: ExportedStudy, now: datetime) -> datetime | None:
    """Return when the transfer is over if nothing goes before it; None where unknown.

    The link window and the region's budget of bytes are taken into account; see queueing.py.
    """
    seconds = seconds_left(study)
    return None if seconds is None else now + timedelta(seconds=seconds)
