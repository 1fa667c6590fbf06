"""The shapes of the API's answers. What nobody knows is null, never zero; moments are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypedDict, cast

from fleet.review.day import RegionDay, ReviewDay
from fleet.review.numbers import Numbers
from fleet.review.signing import SignedDay
from fleet.review.usual import Usual


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


class UsualShape(TypedDict):
    """The same weekday before: of how many days, the median, and the band of 90 days of 100."""

    n_days: int
    n_received: float
    low: float | None
    high: float | None
    rejected_share: float | None
    fallback_share: float | None
    latency_p95_s: float | None


class RejectionShape(TypedDict):
    reason: str
    n: int


class ModelShape(TypedDict):
    """What one model version said on the day, against its region's own days before."""

    code: str
    version: str
    n_scored: int
    n_positive: int
    share: float | None
    usual_share: float | None
    first_day: str | None
    is_new: bool


class SignOffShape(TypedDict):
    by: str
    at: str
    n_received: int | None
    changed: str


class RegionShape(TypedDict):
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
    n_days_known: int | None
    numbers: NumbersShape
    usual: UsualShape | None


class RegionDayShape(RegionShape):
    top_rejection: RejectionShape | None
    models: list[ModelShape]
    sign_off: SignOffShape | None


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


def region_shape(row: RegionDay) -> RegionShape:
    """Return one region's day as the page shows it."""
    return RegionShape(
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
        n_days_known=row.n_days_known,
        numbers=numbers_shape(row.numbers),
        usual=usual_shape(row.usual) if row.usual else None,
    )


def usual_shape(usual: Usual) -> UsualShape:
    return cast(UsualShape, {name: getattr(usual, name) for name in UsualShape.__annotations__})


def region_day_shape(row: RegionDay, signed: SignedDay | None) -> RegionDayShape:
    """Return the same with what only rows in full hold, and the sign-off."""
    return RegionDayShape(
        **region_shape(row),
        top_rejection=RejectionShape(reason=row.top_rejection[0], n=row.top_rejection[1])
        if row.top_rejection
        else None,
        models=_models(row),
        sign_off=SignOffShape(
            by=signed.by,
            at=instant(signed.at),
            n_received=signed.n_received_signed,
            changed=signed.changed,
        )
        if signed
        else None,
    )


def _models(row: RegionDay) -> list[ModelShape]:
    seen = {(one.model_code, one.version): one for one in row.versions}
    return [
        ModelShape(
            code=one.model_code,
            version=one.model_version,
            n_scored=one.n_scored,
            n_positive=one.n_positive,
            share=one.share,
            usual_share=one.usual_share,
            first_day=version.first_day.isoformat() if version else None,
            is_new=version is not None and version.is_new,
        )
        for one in row.positives
        for version in [seen.get((one.model_code, one.model_version))]
    ]


def review_shape(review: ReviewDay, signed: Mapping[int, SignedDay]) -> ReviewShape:
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
        regions=[region_day_shape(row, signed.get(row.region.pk)) for row in review.rows],
    )


_NUMBERS = tuple(NumbersShape.__annotations__)
