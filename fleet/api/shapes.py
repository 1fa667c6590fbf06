"""The shapes of the API's answers. What nobody knows is null, never zero; moments are UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict, cast

from fleet.review.day import RegionDay, ReviewDay
from fleet.review.numbers import Numbers


class NumbersShape(TypedDict):
    """Counts, shares from 0 to 1, and latencies in seconds."""

    n_received: int | None
    n_filtered: int | None
    n_expected: int | None
    n_done: int | None
    n_failed: int | None
    n_rejected: int | None
    n_pending: int | None
    n_unknown: int | None
    n_fallback: int | None
    n_bad_latency: int | None
    n_scored: int | None
    n_positive: int | None
    n_capped: int | None
    failed_share: float | None
    rejected_share: float | None
    fallback_share: float | None
    positive_share: float | None
    latency_p50_s: float | None
    latency_p95_s: float | None
    latency_p99_s: float | None


class ReasonShape(TypedDict):
    code: str
    level: str
    rank: int
    sentence: str
    detail: str
    number: float | None
    limit: float | None


class LinkShape(TypedDict):
    state: str
    since: str | None
    sentence: str


class RegionDayShape(TypedDict):
    code: str
    name: str
    time_zone: str
    level: int
    mark: str
    reasons: list[ReasonShape]
    link: LinkShape
    freshness: str | None
    known_as_of: str | None
    age_s: float | None
    starts_at: str
    ends_at: str
    is_in_totals: bool
    numbers: NumbersShape


class CoverageShape(TypedDict):
    n_covered: int
    n_expected: int


class BlindnessShape(TypedDict):
    cause: str
    since: str | None
    n_lost: int


class ReviewShape(TypedDict):
    day: str
    now: str
    coverage: CoverageShape
    totals: NumbersShape
    blindness: list[BlindnessShape]
    regions: list[RegionDayShape]


class HourShape(TypedDict):
    hour: str
    numbers: NumbersShape


class HourlyShape(TypedDict):
    code: str
    time_zone: str
    freshness: str
    known_as_of: str | None
    hours: list[HourShape]


def moment(at: datetime | None) -> str | None:
    """Return 2026-03-10T05:00:00Z."""
    return None if at is None else instant(at)


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def numbers_shape(numbers: Numbers | None) -> NumbersShape:
    return cast(NumbersShape, {name: getattr(numbers, name, None) for name in _NUMBERS})


def region_shape(row: RegionDay) -> RegionDayShape:
    """Return one region's day as the page shows it."""
    return RegionDayShape(
        code=row.region.code,
        name=row.region.name,
        time_zone=row.region.time_zone,
        level=row.region.level,
        mark=row.mark.value,
        reasons=[
            ReasonShape(
                code=reason.code,
                level=reason.level.value,
                rank=reason.rank,
                sentence=reason.sentence,
                detail=reason.detail,
                number=reason.number,
                limit=reason.limit,
            )
            for reason in row.reasons
        ],
        link=LinkShape(
            state=row.link.state.value, since=moment(row.link.since), sentence=row.link.sentence
        ),
        freshness=row.freshness.value if row.freshness else None,
        known_as_of=moment(row.known_as_of),
        age_s=row.age.total_seconds() if row.age is not None else None,
        starts_at=instant(row.starts_at),
        ends_at=instant(row.ends_at),
        is_in_totals=row.counts,
        numbers=numbers_shape(row.numbers),
    )


def review_shape(review: ReviewDay) -> ReviewShape:
    """Return the whole page's numbers."""
    return ReviewShape(
        day=review.day.isoformat(),
        now=instant(review.now),
        coverage=CoverageShape(
            n_covered=review.totals.n_covered, n_expected=review.totals.n_expected
        ),
        totals=numbers_shape(review.totals.numbers),
        blindness=[
            BlindnessShape(
                cause=blind.cause.value, since=moment(blind.since), n_lost=len(blind.lost)
            )
            for blind in review.blindness
        ],
        regions=[region_shape(row) for row in review.rows],
    )


_NUMBERS = tuple(NumbersShape.__annotations__)
