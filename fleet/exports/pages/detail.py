"""The page of one export: its request, its studies on their way, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from fleet.exports.downloading import file_name
from fleet.exports.estimates import Forecast
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportRight
from fleet.exports.pages.said import said
from fleet.exports.pages.told import moment, told
from fleet.exports.pages.words import (
    MARKS,
    Outlook,
    Words,
    remedy,
    sentence,
    short,
    shortened,
    silence,
    state_words,
)
from fleet.exports.rights import (
    may_approve,
    may_look_through,
    may_steer,
    why_not_ask,
    why_not_take,
)
from fleet.exports.steering import CANCELLABLE, CANCELLING, MOVING, PAUSABLE, PAUSING, RESUMING
from fleet.people.models import Person
from fleet.review.figures import plain
from fleet.review.standing_alerts import name_of

State = ExportedStudy.State
MOST_EVENTS = 200
OVER = (*ExportedStudy.FINAL, State.EXPIRED)
# Asking again brings the same answer.
GONE = (ExportedStudy.Why.EXPIRED, ExportedStudy.Why.DELETED)


@dataclass(frozen=True, slots=True)
class StudyCard:
    """One study. `done` and `total` are bytes, or files where sizes are not known; 0: no bar.

    `ask_again` is the address of the form, filled in, where there is nothing to wait for.
    """

    pk: int
    ref: str
    short_ref: str
    glyph: str
    level: str
    state: str
    sentence: str
    silence: str
    remedy: str
    said: str
    done: int
    total: int
    left_out: int
    is_moving: bool
    may_pause: bool
    may_resume: bool
    may_cancel: bool
    may_look: bool
    may_take: bool
    why_not_take: str
    downloads: str
    ask_again: str
    sha256: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the trail. Long references and hashes are shortened beside the whole ones.

    `detail` is what the trail holds, `short_detail` the same in words. `at` is short, `moment` has
    its date, second and zone. Fleet itself has no `username`.
    """

    at: str
    moment: str
    username: str
    by: str
    what: str
    ref: str
    short_ref: str
    detail: str
    short_detail: str


@dataclass(frozen=True, slots=True)
class Deeds:
    """What the one who looks may do about the whole export.

    `for_all` are deeds with what their buttons say, where one click spares several.
    """

    approve: bool
    steer: bool
    waits_for: str
    for_all: list[tuple[str, str]]


def cards(export: Export, account: User, now: datetime) -> list[StudyCard]:
    """Return the studies in words."""
    words, forecast = Words.of_active_language(now), Forecast(export.region, now)
    steers, looks = may_steer(account, export), may_look_through(account, export)
    why_not, asks = why_not_take(account, export), not why_not_ask(account, export.region)
    studies = export.studies.select_related("looked_through_by", "export__region").order_by("pk")
    return [_card(one, words, forecast, steers, looks, asks, why_not) for one in studies]


def is_moving(shown: list[StudyCard]) -> bool:
    """Whether a look in two seconds may show something else."""
    return any(card.is_moving for card in shown)


def deeds(export: Export, account: User) -> Deeds:
    """Return what the account may do, and whom the request waits for."""
    waiting = export.studies.filter(state=State.WAITING_APPROVAL).exists()
    moving = export.studies.filter(state__in=MOVING).exists()
    return Deeds(
        approve=waiting and may_approve(account, export),
        steer=moving and may_steer(account, export),
        waits_for=_waits_for(export) if waiting else "",
        for_all=_for_all(export) if may_steer(account, export) else [],
    )


def _for_all(export: Export) -> list[tuple[str, str]]:
    offered = (
        ("pause-all", PAUSING, _("Pause all")),
        ("resume-all", RESUMING, _("Go on with all")),
        ("cancel-all", CANCELLING, _("Cancel all that is not ready")),
    )
    n = export.studies.aggregate(**{deed: Count("pk", filter=of) for deed, of, _text in offered})
    return [(deed, text) for deed, _of, text in offered if n[deed] > 1]


def approvers(export: Export) -> list[str]:
    """Return the names of those who may let the export go, at most ten."""
    region = export.region
    rights = ExportRight.objects.filter(deed=ExportRight.Deed.APPROVE)
    for_it = rights.filter(region=region) | rights.filter(region=None)
    people = Person.objects.filter(export_rights__in=for_it, user__is_active=True)
    seeing = people.filter(sees_all_regions=True) | people.filter(regions=region)
    others = seeing.exclude(user=export.requester).select_related("user").distinct()
    return [name_of(person.user) for person in others.order_by("user__username")[:10]]


def history(export: Export, now: datetime) -> list[Line]:
    """Return what happened, newest first."""
    words = Words.of_active_language(now)
    events = ExportEvent.objects.filter(export_id=export.pk).order_by("-pk")[:MOST_EVENTS]
    return [line(event, words) for event in events]


def line(event: ExportEvent, words: Words) -> Line:
    """Return a row of the trail in words."""
    return Line(
        at=words.clock(event.at),
        moment=moment(event.at),
        username=event.username,
        by=plain(event.username) or "Fleet",
        what=str(event.get_kind_display()),
        ref=event.study_ref,
        short_ref=short(event.study_ref),
        detail=event.detail,
        short_detail=shortened(told(event, words)),
    )


def _waits_for(export: Export) -> str:
    names = approvers(export)
    if not names:
        return _(
            "Nobody else may approve requests of %(region)s: an administrator grants the right."
        ) % {"region": export.region.name}
    return _("It waits for one of: %(names)s.") % {"names": ", ".join(names)}


def _card(
    study: ExportedStudy,
    words: Words,
    forecast: Forecast,
    steers: bool,
    looks: bool,
    asks: bool,
    why_not: str,
) -> StudyCard:
    state = State(study.state)
    glyph, level = MARKS[state]
    is_over = state in ExportedStudy.FINAL
    moves = state in PAUSABLE and not study.is_paused
    packing = state == State.PREVIEW and study.looked_through_at is not None
    going = not is_over and not study.wants_cancel
    done, total = _progress(study)
    outlook = Outlook(
        forecast.seconds_left(study), forecast.fetched_by(study), forecast.waiting(study)
    )
    is_ready = state == State.READY
    may_take = is_ready and not why_not and _is_good(study, words.now)
    is_lost = state in OVER or (is_ready and not may_take)
    return StudyCard(
        pk=study.pk,
        ref=study.study_ref,
        short_ref=short(study.study_ref),
        glyph=glyph,
        level=level,
        state=state_words(study),
        sentence=sentence(study, words, outlook),
        silence=silence(study, words, outlook),
        remedy=remedy(study.why),
        said=said(study.sentence),
        done=done,
        total=total,
        left_out=study.n_left_out,
        is_moving=moves or packing or (study.wants_cancel and not is_over),
        may_pause=steers and going and state in PAUSABLE and not study.is_paused,
        may_resume=steers and going and study.is_paused,
        may_cancel=steers and going and (state in CANCELLABLE or state == State.WAITING_APPROVAL),
        may_look=looks and state == State.PREVIEW and not packing,
        may_take=may_take,
        why_not_take=why_not if is_ready else "",
        downloads=_downloads(study) if is_ready else "",
        ask_again=_form_again(study) if asks and is_lost and study.why not in GONE else "",
        sha256=study.package_sha256 if is_ready else "",
        file_name=file_name(study),
    )


def _progress(study: ExportedStudy) -> tuple[int, int]:
    if study.state == State.FETCHING:
        if study.n_bytes:
            return min(study.n_bytes_fetched, study.n_bytes), study.n_bytes
        return study.n_fetched, study.n_instances or 0
    if study.state == State.CLEANING:
        total = study.n_instances or study.n_fetched
        return min(study.n_cleaned + study.n_left_out, total), total
    return 0, 0


def _is_good(study: ExportedStudy, now: datetime) -> bool:
    return (
        study.expires_at is not None
        and study.expires_at > now
        and study.n_downloads < settings.FLEET_EXPORT_DOWNLOADS
    )


def _form_again(study: ExportedStudy) -> str:
    export = study.export
    words = {"region": export.region.code, "again": export.pk, "study": study.study_ref}
    return f"{reverse('new_export')}?{urlencode(words)}"


def _downloads(study: ExportedStudy) -> str:
    if study.n_downloads >= settings.FLEET_EXPORT_DOWNLOADS:
        return _("It was downloaded as often as it may be, %(n)s times.") % {"n": study.n_downloads}
    return _("Downloaded %(n)s of %(most)s times.") % {
        "n": study.n_downloads,
        "most": settings.FLEET_EXPORT_DOWNLOADS,
    }
