"""Assemble the daily review: each region on its own local day of one date.

What one region's row needs and cannot be computed costs that row only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fleet.review.attention import reasons
from fleet.review.blindness import Blindness, Watched, lost_together, silences
from fleet.review.figures import Figures
from fleet.review.history import History
from fleet.review.known import Known, RegionFacts, Span, known
from fleet.review.ladder import FINE_RANK
from fleet.review.links import Link, LinkState, link
from fleet.review.numbers import Numbers, known_numbers
from fleet.review.outputs import ModelPositives, ModelVersion
from fleet.review.rejections import top_rejections
from fleet.review.rules.answers import FALLBACK_SHARE, REJECTED_SHARE
from fleet.review.situation import STILL_NEWS, Level, Reason, Situation
from fleet.review.standing_alerts import StandingAlert, standing_alerts
from fleet.review.usual import Usual, usuals
from fleet.review.zones import known_zones
from regions.freshness import Freshness, freshness
from regions.localday import day_bounds, local_day
from regions.models import Region
from regions.models.region import Level as RegionLevel

ONE_DAY = timedelta(days=1)
UTC_NAME = "UTC"
log = logging.getLogger(__name__)


class RegionDay(NamedTuple):
    """One region's local day. `numbers` is None where nothing is known; `freshness` is None
    while the day has not begun there; `age` is how far the data fall short.

    `n_days_known` counts days since the region's first collected one, that one included.
    `details.in_full` adds `history`, `positives`, `versions` and `top_rejection`: the most
    frequent reason of refusal, text that the region wrote, and how often it was given.
    """

    region: RegionFacts
    starts_at: datetime
    ends_at: datetime
    known_as_of: datetime | None
    freshness: Freshness | None
    age: timedelta | None
    link: Link
    numbers: Numbers | None
    reasons: tuple[Reason, ...]
    mark: Level
    n_days_known: int | None = None
    usual: Usual | None = None
    top_rejection: tuple[str, int] | None = None
    history: History | None = None
    positives: tuple[ModelPositives, ...] = ()
    versions: tuple[ModelVersion, ...] = ()
    alerts: tuple[StandingAlert, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether the numbers enter the totals."""
        return self.numbers is not None and self.freshness is not None and self.freshness.counts

    @property
    def is_expected(self) -> bool:
        """Whether the totals lack something without this region."""
        is_silent_by_right = self.freshness is Freshness.CLOSED and self.numbers is None
        return self.freshness is not None and not is_silent_by_right

    @property
    def is_complete(self) -> bool:
        """Whether the day was collected after its end."""
        return self.known_as_of is not None and self.known_as_of >= self.ends_at

    @property
    def known_span(self) -> Span | None:
        """The days that are wholly known, this one left out."""
        if self.n_days_known is None or self.known_as_of is None:
            return None
        zone = self.region.zone
        first_day = self.starts_at.astimezone(zone).date() - (self.n_days_known - 1) * ONE_DAY
        return Span(self.region.pk, first_day, local_day(self.known_as_of, zone))

    @property
    def ladder(self) -> tuple[int, int, str]:
        """The place on the page: the reason's rank, then more studies first, then the name."""
        rank = self.reasons[0].rank if self.reasons else FINE_RANK
        return rank, -(self.numbers.n_received if self.numbers else 0), self.region.name


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the regions whose numbers count; `numbers` is None when no region does."""

    numbers: Numbers | None
    n_covered: int
    n_expected: int


@dataclass(frozen=True)
class ReviewDay:
    """The review of one date; `rows` keep the order of the strip for ever."""

    day: date
    now: datetime
    rows: tuple[RegionDay, ...]
    totals: Totals
    blindness: tuple[Blindness, ...]

    @cached_property
    def needs_look(self) -> list[RegionDay]:
        return _by_ladder(row for row in self.rows if row.reasons)

    @cached_property
    def fine(self) -> list[RegionDay]:
        return self._calm(Level.FINE, Level.CARRIED)

    @cached_property
    def closed(self) -> list[RegionDay]:
        return self._calm(Level.CLOSED)

    @cached_property
    def ahead(self) -> list[RegionDay]:
        return self._calm(Level.AHEAD)

    def _calm(self, *marks: Level) -> list[RegionDay]:
        return _by_ladder(row for row in self.rows if not row.reasons and row.mark in marks)


def review(day: date, now: datetime, of: QuerySet[Region]) -> ReviewDay:
    """Return the review of a date as it stands now for some regions, in the active language."""
    regions = known(day, of)
    links = {k.region.pk: _link(k, now) for k in regions}
    together = lost_together({k.region.pk: links[k.region.pk] for k in regions if k.paths})
    shared = _shared(regions, day, now, links, together)
    rows = tuple(_row(k, shared) for k in regions)
    silent = silences(
        [Watched(k.paths, k.attempt, k.region.collect_every) for k in regions if k.paths], now
    )
    blindness = (*silent, *([together] if together else []))
    return ReviewDay(day, now, rows, _totals(rows), blindness)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the rows of one page are made of beside what is known of their regions."""

    day: date
    now: datetime
    figures: Figures
    bounds: Mapping[str, tuple[datetime, datetime]]
    links: Mapping[int, Link]
    together: Blindness | None
    usuals: Mapping[int, Usual]
    rejections: Mapping[int, tuple[str, int]]
    alerts: Mapping[int, tuple[StandingAlert, ...]]


def _shared(
    regions: Sequence[Known],
    day: date,
    now: datetime,
    links: Mapping[int, Link],
    together: Blindness | None,
) -> _Shared:
    zones = known_zones({k.region.time_zone for k in regions})
    bounds = {name: day_bounds(day, zone) for name, zone in zones.items()}
    spans = [
        Span(k.region.pk, k.first_day, local_day(k.known_as_of, zones[k.region.time_zone]))
        for k in regions
        if k.first_day and k.known_as_of and k.region.time_zone in zones
        if not k.region.calendar.is_off(day)
    ]
    rejecting = {
        k.region.pk: bounds[k.region.time_zone]
        for k in regions
        if k.numbers and k.region.time_zone in zones
        if (k.numbers.rejected_share or 0.0) > REJECTED_SHARE
    }
    falling_back = {
        k.region.pk
        for k in regions
        if k.numbers and (k.numbers.fallback_share or 0.0) > FALLBACK_SHARE
    }
    return _Shared(
        day,
        now,
        Figures.of_active_language(),
        bounds,
        links,
        together,
        usuals(
            day,
            spans,
            {k.region.pk: k.region.calendar for k in regions},
            falling_back.union(rejecting),
        ),
        top_rejections([(pk, *when) for pk, when in rejecting.items()]),
        standing_alerts(now),
    )


def _link(k: Known, now: datetime) -> Link:
    return link(
        k.paths,
        k.attempt,
        every=k.region.collect_every,
        is_offline=k.region.level == RegionLevel.OFFLINE,
        now=now,
    )


def _row(k: Known, shared: _Shared) -> RegionDay:
    """Return the region's row, or one that says that it could not be computed."""
    try:
        return _region_day(k, shared)
    except Exception:
        log.exception("could not compute the day %s of region %s", shared.day, k.region.code)
    sentence = _("Could not compute this row at %(time)s; the log says why.") % {
        "time": f"{shared.now:%H:%M} UTC"
    }
    reason = Reason("not_computed", Level.UNKNOWN, 38, sentence)
    starts_at, ends_at = day_bounds(shared.day, ZoneInfo(UTC_NAME))
    return RegionDay(
        # Nothing on the page may stumble over the zone again.
        region=k.region._replace(time_zone=UTC_NAME),
        starts_at=starts_at,
        ends_at=ends_at,
        known_as_of=k.known_as_of,
        freshness=Freshness.UNKNOWN,
        age=None,
        link=shared.links[k.region.pk],
        numbers=None,
        reasons=(reason,),
        mark=reason.level,
    )


def _region_day(k: Known, shared: _Shared) -> RegionDay:
    pk = k.region.pk
    found, together = shared.links[pk], shared.together
    lost = together.lost if together and pk in together.lost else frozenset()
    lamp = Link(LinkState.UNKNOWN, found.since, found.sentence) if lost else found
    starts_at, ends_at = shared.bounds[k.region.time_zone]
    if shared.now < starts_at:
        return RegionDay(
            k.region, starts_at, ends_at, k.known_as_of, None, None, lamp, None, (), Level.AHEAD
        )
    situation = _situation(k, shared, lamp, len(lost))
    why = reasons(situation, shared.figures)
    return RegionDay(
        k.region,
        starts_at,
        ends_at,
        k.known_as_of,
        situation.freshness,
        situation.age,
        lamp,
        situation.numbers,
        why,
        _mark(why, situation),
        situation.n_days_known,
        situation.usual,
        situation.top_rejection,
        alerts=situation.alerts,
    )


def _situation(k: Known, shared: _Shared, lamp: Link, n_lost_together: int) -> Situation:
    region, day, now = k.region, shared.day, shared.now
    starts_at, ends_at = shared.bounds[region.time_zone]
    is_closed = region.calendar.is_off(day)
    n_days_known = (day - k.first_day).days + 1 if k.first_day else None
    limits = (region.late_after, region.stale_after)
    return Situation(
        day=day,
        now=now,
        starts_at=starts_at,
        ends_at=ends_at,
        is_closed=is_closed,
        freshness=freshness(k.known_as_of, min(now, ends_at), *limits, is_closed=is_closed),
        known_as_of=k.known_as_of,
        late_after=region.late_after,
        stale_after=region.stale_after,
        link=lamp,
        failure=k.attempt.failure,
        failing_since=k.attempt.failing_since,
        failure_sentence=k.attempt.sentence,
        numbers=k.numbers
        or known_numbers(
            None,
            k.known_as_of,
            starts_at,
            was_collected=n_days_known is not None and n_days_known > 0,
        ),
        n_misdated=k.n_misdated,
        n_days_known=n_days_known,
        usual=shared.usuals.get(region.pk),
        top_rejection=shared.rejections.get(region.pk),
        n_lost_together=n_lost_together,
        # What opened long after the day says nothing of it.
        alerts=tuple(
            alert
            for alert in shared.alerts.get(region.pk, ())
            if alert.opened_at - ends_at < STILL_NEWS
        ),
    )


def _mark(why: Sequence[Reason], situation: Situation) -> Level:
    if why:
        return why[0].level
    if situation.is_closed:
        return Level.CLOSED
    return Level.CARRIED if situation.link.state is LinkState.CARRIED else Level.FINE


def _totals(rows: Sequence[RegionDay]) -> Totals:
    parts = [row.numbers for row in rows if row.counts and row.numbers is not None]
    expected = sum(row.is_expected for row in rows)
    return Totals(Numbers.total(parts) if parts else None, len(parts), expected)


def _by_ladder(rows: Iterable[RegionDay]) -> list[RegionDay]:
    return sorted(rows, key=lambda row: row.ladder)
