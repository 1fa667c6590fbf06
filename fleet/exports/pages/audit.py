"""Who saw a study, and what a person took: what the two trails say, and what they cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.exports.models import Export
from fleet.exports.models_events import ExportEvent
from fleet.exports.pages.detail import Line, line
from fleet.exports.pages.told import long_day, moment
from fleet.exports.pages.words import Words
from fleet.people.models import AuditEvent
from fleet.people.rights import person_of, visible_regions
from fleet.review.figures import plain
from fleet.review.studies_asked import Asked
from fleet.review.studies_page import tabs
from regions.answers import Order
from regions.models import Region

MOST_ROWS = 500
Names = dict[str, str]
# As `fleet.review.studies_read` writes it down.
LIST = re.compile(
    r"order=(?P<order>\w+)(?:, class=(?P<class>.*?))?(?:, model=(?P<model>.*?))?"
    r"(?P<later>, a later page)?: (?P<n>\d+)",
    re.ASCII,
)
Kind = ExportEvent.Kind


@dataclass(frozen=True, slots=True)
class TrailLine:
    """A row of the trail with its export, and the name of its region."""

    line: Line
    export: int
    region: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody read a list of studies: a region's day, in an order, with so many answers."""

    moment: str
    username: str
    by: str
    region: str
    day: str
    asked: str


@dataclass(frozen=True, slots=True)
class Place:
    """A region's day, in words and as the address of its list of studies has them."""

    name: str
    code: str
    day: str


@dataclass(frozen=True, slots=True)
class StudyAudit:
    """`places` are those of which the study is known to be; empty where no export says it."""

    trail: list[TrailLine]
    readings: list[Reading]
    places: list[Place]
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
    words, names = Words.of_active_language(now), _names()
    events = _seen(account, ExportEvent.objects.all())
    ids = list(events.filter(study_ref=ref).values_list("export_id", flat=True).distinct())
    named = events.filter(Q(study_ref=ref) | Q(export_id__in=ids, study_ref="")).order_by("-pk")
    asked = Export.objects.filter(pk__in=ids).select_related("region")
    places = {(one.region.code, one.day) for one in asked}
    readings = _readings(account).filter(_of_places(places))
    found, read = list(named[: MOST_ROWS + 1]), list(readings[: MOST_ROWS + 1])
    return StudyAudit(
        trail=[_trail_line(event, words, names) for event in found[:MOST_ROWS]],
        readings=[_reading(event, words, names) for event in read[:MOST_ROWS]],
        places=[
            Place(f"{names[code]}, {long_day(day)}", code, day.isoformat())
            for code, day in sorted((code, day) for code, day in places if day)
        ],
        is_cut=max(len(found), len(read)) > MOST_ROWS,
    )


def person_audit(account: User, username: str, now: datetime) -> PersonAudit:
    """Return what the person asked for, looked through and took, and which lists they read."""
    words, names = Words.of_active_language(now), _names()
    events = _seen(account, ExportEvent.objects.filter(username=username)).order_by("-pk")
    readings = _readings(account).filter(username=username)
    found, read = list(events[: MOST_ROWS + 1]), list(readings[: MOST_ROWS + 1])
    return PersonAudit(
        trail=[_trail_line(event, words, names) for event in found[:MOST_ROWS]],
        readings=[_reading(event, words, names) for event in read[:MOST_ROWS]],
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


def _names() -> dict[str, str]:
    return {code: plain(name) for code, name in Region.objects.values_list("code", "name")}


def _trail_line(event: ExportEvent, words: Words, names: Names) -> TrailLine:
    region = names.get(event.region_code, event.region_code)
    return TrailLine(line(event, words), event.export_id, region)


def _reading(event: AuditEvent, words: Words, names: Names) -> Reading:
    return Reading(
        moment=moment(event.at),
        username=event.username,
        by=plain(event.username),
        region=names.get(event.region_code, event.region_code),
        day=_day(event.subject),
        asked=_asked(event.detail, words),
    )


def _day(text: str) -> str:
    try:
        return long_day(date.fromisoformat(text))
    except ValueError:
        return text


def _asked(detail: str, words: Words) -> str:
    """Return which list was read, as the tabs and filters of the list call it."""
    found = LIST.fullmatch(detail)
    if found is None or found["order"] not in set(Order):
        return detail
    tab = next(one.text for one in tabs(Asked(Order(found["order"]))) if one.is_current)
    n = int(found["n"])
    parts = [
        tab,
        found["class"] and f"{_('Class')}: {found['class']}",
        found["model"] and f"{_('Model')}: {found['model']}",
        found["later"] and _("a later page"),
        ngettext("%(n)s answer", "%(n)s answers", n) % {"n": words.figures.count(n)},
    ]
    return " · ".join(filter(None, parts))
