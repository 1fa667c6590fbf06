"""The page of one region's local day: the day page's line, and what stands behind its numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from fleet.review.alert_marks import alert_marks
from fleet.review.asked import Asked
from fleet.review.causes import cause_charts, causes_of
from fleet.review.charts import (
    Chart,
    Plot,
    Section,
    Table,
    could_not_compute,
    not_provided,
    plots_of,
    section,
)
from fleet.review.day import RegionDay, ReviewDay
from fleet.review.dayhours import hours_of
from fleet.review.figures import Figures
from fleet.review.groups import Line
from fleet.review.hour_charts import hour_charts
from fleet.review.input_charts import category_charts, input_charts, not_given
from fleet.review.links import LinkState
from fleet.review.nodes import node_charts, node_outputs
from fleet.review.numbers import Numbers
from fleet.review.page import page
from fleet.review.profiles import inputs_of, scores_of
from fleet.review.reference import Reference, reference_of
from fleet.review.score_charts import score_charts
from fleet.review.standing import (
    Contract,
    PathLine,
    RunLine,
    contract_of,
    limits_of,
    paths_of,
    provided,
    run_lines,
    runs_of,
)
from fleet.review.timeline import Timeline, timeline, version_changes
from regions.models import RegionStatus

logger = logging.getLogger(__name__)
T = TypeVar("T")
Charts = Callable[[], Iterable[Chart]]


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A part of the page, or None and the sentence that stands in its place."""

    value: T | None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class RegionPage:
    """All that the template prints. `is_stale` says that the numbers are in no total; `command`
    is what to run at the center when something fails, or nothing."""

    line: Line
    banners: list[str]
    clock: str
    date: str
    is_stale: bool
    timeline: Part[Timeline]
    sections: tuple[Section, ...]
    runs: Part[list[RunLine]]
    paths: Part[list[PathLine]]
    contract: Part[Contract]
    limits: Table
    command: str

    @property
    def plots(self) -> dict[str, Plot]:
        """The figures by the key of their chart, for the page's script."""
        return plots_of(self.sections)


def region_page(
    review: ReviewDay, status: RegionStatus | None, viewer_zone: ZoneInfo
) -> RegionPage:
    """Return the page's text in the active language, for a review that holds one row."""
    (row,) = review.rows
    now, figures = review.now, Figures.of_active_language()
    words = page(review, viewer_zone, Asked(opened=frozenset({row.region.code})))
    runs = _part(lambda: runs_of(row))
    return RegionPage(
        line=words.groups[0].lines[0],
        banners=words.banners,
        clock=words.clock,
        date=words.date,
        is_stale=row.numbers is not None and not row.counts,
        timeline=_part(
            lambda: timeline(
                row,
                runs.value or [],
                version_changes(row.region.pk, row.starts_at, row.ends_at),
                alert_marks(row.region.pk, row.starts_at, row.ends_at),
                now,
                figures,
            )
        ),
        sections=tuple(_sections(row, review.day, provided(status), figures)),
        runs=_part(lambda: run_lines(row, runs.value or [], figures))
        if runs.value is not None
        else Part(None, runs.sentence),
        paths=_part(lambda: paths_of(row, status, now, figures)),
        contract=_part(lambda: contract_of(status, row, figures)),
        limits=limits_of(row, figures),
        command=_command(row, status),
    )


def _sections(
    row: RegionDay, day: date, provides: frozenset[str], figures: Figures
) -> Iterator[Section]:
    """Yield the sections of charts, each with its own queries and its own mishaps."""
    region, between = row.region.pk, (row.starts_at, row.ends_at)
    numbers = row.numbers or Numbers()
    try:
        reference = reference_of(row, day)
    except Exception:
        logger.exception("The reference of %s could not be computed", row.region.code)
        reference = Reference((), is_working=True)

    def predictions(key: str, heading: str, build: Charts, empty: str) -> Section:
        # Before the first collection nobody knows what the region provides.
        if provides and "prediction" not in provides:
            return Section(key, heading, missing=not_provided("prediction"))
        return section(key, heading, build, empty)

    yield section(
        "hours",
        _("By hour"),
        lambda: hour_charts(hours_of(row, day), figures, provides),
        _hours_gone() if numbers.n_received else "",
    )
    yield predictions(
        "scores",
        _("What the models said"),
        lambda: score_charts(scores_of(region, day, reference), reference, figures),
        "" if numbers.n_scored or row.numbers is None else _("Nothing was scored."),
    )
    yield predictions(
        "nodes",
        _("Nodes side by side"),
        lambda: node_charts(node_outputs(region, *between), figures),
        _hours_gone() if numbers.n_scored else "",
    )
    yield section(
        "causes",
        _("Garbage, failures, fallbacks"),
        lambda: cause_charts(causes_of(region, *between), figures, provides),
        _no_causes(row.numbers),
    )
    yield section("inputs", _("What came in"), lambda: _inputs(region, day, reference, figures))


def _inputs(region: int, day: date, reference: Reference, figures: Figures) -> Iterator[Chart]:
    inputs, categories = inputs_of(region, day, reference)
    if not inputs and not categories:
        return
    yield Chart("reference", "", missing=reference.text)
    yield from input_charts(inputs, figures)
    yield from category_charts(categories, figures)
    if absent := not_given(inputs, categories):
        sentence = _("Not given by this region: %(names)s.") % {"names": ", ".join(absent)}
        yield Chart("not-given", "", missing=sentence)


def _hours_gone() -> str:
    return _("Hours are kept for 90 days; this day's are gone.")


def _no_causes(numbers: Numbers | None) -> str:
    if numbers is None:
        return ""
    if numbers.n_failed or numbers.n_rejected or numbers.n_filtered or numbers.n_fallback:
        return _hours_gone()
    return _("Nothing was refused, nothing failed, no fallback was used.")


def _command(row: RegionDay, status: RegionStatus | None) -> str:
    """Return the command that tries each step of a region that fails."""
    is_failing = status is not None and bool(status.failure)
    is_lost = row.link.state in {LinkState.CLOSED, LinkState.MISSING}
    return f"python manage.py check_region {row.region.code}" if is_failing or is_lost else ""


def _part(build: Callable[[], T]) -> Part[T]:
    """Return the part; what cannot be computed says so in its place and breaks nothing else."""
    try:
        return Part(build())
    except Exception:
        logger.exception("A part of the region page could not be computed")
        return Part(None, could_not_compute())
