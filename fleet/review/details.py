"""What only the rows that are shown in full need: history, outputs, the top rejection."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from fleet.review.day import RegionDay, ReviewDay
from fleet.review.history import UNKNOWN, History, Past, pasts
from fleet.review.outputs import Outputs, outputs
from fleet.review.rejections import top_rejections


def in_full(page: ReviewDay, shown: Collection[int]) -> ReviewDay:
    """Return the review with history, outputs and top rejection of the regions with these ids."""
    chosen = [row for row in page.rows if row.region.pk in shown]
    past = pasts(page.day, [span for row in chosen if (span := row.known_span)])
    said = outputs(page.day, shown)
    refused = top_rejections(
        [
            (row.region.pk, row.starts_at, row.ends_at)
            for row in chosen
            if row.numbers and row.numbers.rejected_share and not row.top_rejection
        ]
    )
    full = {
        row.region.pk: _with_details(row, page.day, past.get(row.region.pk, UNKNOWN), said, refused)
        for row in chosen
    }
    return replace(page, rows=tuple(full.get(row.region.pk, row) for row in page.rows))


def _with_details(
    row: RegionDay,
    day: date,
    past: Past,
    said: Mapping[int, Outputs],
    refused: Mapping[int, tuple[str, int]],
) -> RegionDay:
    of_models = said.get(row.region.pk, Outputs())
    numbers = row.numbers if row.counts else None
    return row._replace(
        history=History.of(past, day, numbers, row.region.calendar),
        positives=of_models.positives,
        versions=of_models.versions,
        top_rejection=row.top_rejection or refused.get(row.region.pk),
    )
