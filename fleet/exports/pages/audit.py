"""Who saw a study, and what a person took: what the two trails say, and what they cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from fleet.exports.models import Export
from fleet.exports.models_events import ExportEvent
from fleet.exports.pages.detail import Line, line
from fleet.exports.pages.words import Words
from fleet.people.models import AuditEvent
from fleet.people.rights import person_of, visible_regions
from fleet.review.figures import plain
from regions.models import Region

MOST_ROWS = 500
Kind = ExportEvent.Kind


@dataclass(frozen=True, slots=True)
class TrailLine:
    """A row of the trail with its export; `region` is a code."""

    line: Line
    export: int
    region: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody read a list of studies: a region's day, in an order, with so many answers."""

    at: str
    username: str
    by: str
    region: str
    day: str
    asked: str


@dataclass(frozen=True, slots=True)
class StudyAudit:
    """`days` are those of which the study is known to be; empty where no export says it."""

    trail: list[TrailLine]
    readings: list[Reading]
    days: list[str]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class PersonAudit:
    trail: list[TrailLine]
    readings: list[Reading]
    n_asked: int
    n_looked: int
    n_taken: int
    is_cut: bool


def study_audit(account: User, ref: str, now: datetime) -> StudyAudit:
    """Return all that is known of who saw the study.

    An export's own rows, such as its approval, belong to each of its studies. Lists are written
    down by region and day: who read one may have seen the study in it.
    """
    words = Words.of_active_language(now)
    events = _seen(account, ExportEvent.objects.all())
    ids = list(events.filter(study_ref=ref).values_list("export_id", flat=True).distinct())
    named = events.filter(Q(study_ref=ref) | Q(export_id__in=ids, study_ref="")).order_by("-pk")
    asked = Export.objects.filter(pk__in=ids).select_related("region")
    places = {(one.region.code, one.day) for one in asked}
    readings = _readings(account).filter(_of_places(places))
    found, read = list(named[: MOST_ROWS + 1]), list(readings[: MOST_ROWS + 1])
    return StudyAudit(
        trail=[_trail_line(event, words) for event in found[:MOST_ROWS]],
        readings=[_reading(event, words) for event in read[:MOST_ROWS]],
        days=sorted({f"{code} {day}" for code, day in places if day}),
        is_cut=max(len(found), len(read)) > MOST_ROWS,
    )


def person_audit(account: User, username: str, now: datetime) -> PersonAudit:
    """Return what the person asked for, looked through and took, and which lists they read."""
    words = Words.of_active_language(now)
    events = _seen(account, ExportEvent.objects.filter(username=username)).order_by("-pk")
    readings = _readings(account).filter(username=username)
    found, read = list(events[: MOST_ROWS + 1]), list(readings[: MOST_ROWS + 1])
    return PersonAudit(
        trail=[_trail_line(event, words) for event in found[:MOST_ROWS]],
        readings=[_reading(event, words) for event in read[:MOST_ROWS]],
        n_asked=_n_studies(events, Kind.REQUESTED),
        n_looked=_n_studies(events, Kind.LOOKED_THROUGH),
        n_taken=_n_studies(events, Kind.DOWNLOADED),
        is_cut=max(len(found), len(read)) > MOST_ROWS,
    )


def _seen(account: User, events: QuerySet[ExportEvent]) -> QuerySet[ExportEvent]:
    return events if _sees_all(account) else events.filter(region_code__in=_codes(account))


def _readings(account: User) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.filter(kind=AuditEvent.Kind.STUDIES_READ).order_by("-at", "-pk")
    return events if _sees_all(account) else events.filter(region_code__in=_codes(account))


def _sees_all(account: User) -> bool:
    """Whether the account sees regions too that are not active any more."""
    person = person_of(account)
    return person is not None and person.sees_all_regions


def _codes(account: User) -> QuerySet[Region, str]:
    return visible_regions(account).values_list("code", flat=True)


def _of_places(places: Iterable[tuple[str, date | None]]) -> Q:
    """Return what selects the lists of a region's day, or of all its days where none is known."""
    found = Q(pk__in=[])
    for code, day in places:
        found |= Q(region_code=code, subject=day.isoformat()) if day else Q(region_code=code)
    return found


def _n_studies(events: QuerySet[ExportEvent], kind: Kind) -> int:
    return events.filter(kind=kind).order_by().values("region_code", "study_ref").distinct().count()


def _trail_line(event: ExportEvent, words: Words) -> TrailLine:
    return TrailLine(line(event, words), event.export_id, event.region_code)


def _reading(event: AuditEvent, words: Words) -> Reading:
    return Reading(
        at=words.clock(event.at),
        username=event.username,
        by=plain(event.username),
        region=event.region_code,
        day=event.subject,
        asked=event.detail,
    )
