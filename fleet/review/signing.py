"""Sign a region's local day with what the page showed; take it back; say who signed what.

A day can be signed once it is over in its region. A failing reason must be explained by a note
first. What the page showed travels in its form as a token, so that nobody signs what they did not
see; and when late data change a signed day, its sign-off no longer counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2s
from operator import attrgetter

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.people.audit import record
from fleet.people.models import AuditEvent
from fleet.review.changes import SIGNED_NUMBERS, change
from fleet.review.dates import today
from fleet.review.day import RegionDay
from fleet.review.figures import Figures
from fleet.review.models import Note, SignedAlert, SignedReason, SignOff
from fleet.review.notes import notes
from fleet.review.numbers import NUMBERS, Numbers
from fleet.review.rules.alerts import alerts_of, is_taken
from fleet.review.situation import Level, Reason
from regions.freshness import Freshness
from regions.models import DailyRollup, Region

UNDO_FOR = timedelta(seconds=10)
# How long the press of a button may travel.
GRACE = timedelta(seconds=5)
_ALL_NUMBERS = attrgetter(*NUMBERS)
# In SQL, as in known.py. Not of some regions only: naming a thousand takes longer than reading what
# is signed.
_STANDING = "SELECT * FROM review_signoff WHERE day = %s AND undone_at IS NULL"


class Refused(Exception):
    """The sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class SignedDay:
    """A standing sign-off. `changed` says what late data changed since, as “+34 studies”; it is
    empty while the day is as it was signed."""

    by_id: int
    by: str
    at: datetime
    n_received_signed: int | None
    changed: str

    def undo_left(self, account_id: int | None, now: datetime) -> timedelta:
        """Return how long this account may still take it back; zero for others."""
        left = self.at + UNDO_FOR - now if account_id == self.by_id else timedelta()
        return max(left, timedelta())


def signed_days(day: date, numbers: Mapping[int, Numbers | None]) -> dict[int, SignedDay]:
    """Return the standing sign-offs of a date by region, in one query.

    `numbers` are what the page shows now of each region that is asked for.
    """
    figures = Figures.of_active_language()
    standing = SignOff.objects.raw(_STANDING, [day])
    return {
        one.region_id: SignedDay(
            one.signed_by_id,
            one.signed_by_name,
            one.signed_at,
            one.n_received,
            change(one, numbers[one.region_id], figures),
        )
        for one in standing
        if one.region_id in numbers
    }


def shown_token(row: RegionDay) -> str:
    """Return what a form carries of the row that the page showed: its studies and a digest.

    It is compared with the row of `review(day, now, visible_regions(account))`; reasons such as
    “lost together” depend on which regions are reviewed, so a page must review the same ones.
    """
    n_received = row.numbers.n_received if row.numbers else 0
    numbers = row.numbers and _ALL_NUMBERS(row.numbers)
    reasons = [(why.code, why.level) for why in row.reasons]
    shown = (numbers, row.freshness, reasons, [alert.pk for alert in row.alerts])
    return f"{n_received}-{blake2s(repr(shown).encode(), digest_size=6).hexdigest()}"


def is_due(row: RegionDay, now: datetime) -> bool:
    """Whether the day waits for a sign-off: it is over, and the region worked or has a reason."""
    return now >= row.ends_at and row.mark is not Level.CLOSED


def is_fine_and_fresh(row: RegionDay) -> bool:
    return row.mark is Level.FINE and row.freshness is Freshness.FRESH


def unexplained(row: RegionDay, noted: Iterable[Note]) -> list[Reason]:
    """Return the failing reasons that keep the day from being signed: nobody explained them, nor
    took the alert that says the same."""
    explained = {note.reason for note in noted}
    failing = [why for why in row.reasons if why.level is Level.FAILING]
    return [why for why in failing if why.code not in explained and not is_taken(why, row.alerts)]


def sign(account: User, row: RegionDay, day: date, shown: str, now: datetime) -> SignOff:
    """Sign a region's day with the row as it is now, which must be as the form `shown`.

    A sign-off of a day that changed since gives way to it. Raises Refused with a sentence.
    """
    if sentence := _why_not_now(row, shown, now):
        raise Refused(sentence)
    if why := unexplained(row, notes(day, [row.region.pk])[row.region.pk]):
        raise Refused(
            _("Take its alert first, or write a note that explains: %(reason)s")
            % {"reason": why[0].sentence}
            if alerts_of(why[0], row.alerts)
            else _("Write a note first that explains: %(reason)s") % {"reason": why[0].sentence}
        )
    with transaction.atomic():
        _make_way(account, row, day, now)
        try:
            with transaction.atomic():
                return _write(account, row, day, now)
        except IntegrityError:
            standing = _standing(row.region.pk, day)
    raise Refused(_signed_already(standing, now) if standing else _has_changed())


def sign_all(
    account: User, rows: Sequence[RegionDay], day: date, shown: Mapping[str, str], now: datetime
) -> tuple[int, list[tuple[str, str]]]:
    """Sign the rows whose tokens are `shown` by region code, if they are fine and fresh.

    Returns how many were signed, and the names of regions that were left with a sentence each.
    """
    n_signed, left = 0, []
    for row in rows:
        if row.region.code not in shown:
            continue
        try:
            if not is_fine_and_fresh(row):
                raise Refused(_("It is not fine and fresh any more. Look at it."))
            sign(account, row, day, shown[row.region.code], now)
            n_signed += 1
        except Refused as refused:
            left.append((row.region.name, str(refused)))
    return n_signed, left


def undo(account: User, region: Region, day: date, now: datetime) -> None:
    """Take back one's own sign-off within UNDO_FOR. Raises Refused with a sentence."""
    standing = SignOff.objects.filter(region=region, day=day, undone_at=None)
    own = standing.filter(signed_by=account, signed_at__gte=now - UNDO_FOR - GRACE)
    with transaction.atomic():
        if not own.update(undone_at=now, undone_by=account):
            raise Refused(_why_not_undone(account, standing.first(), now))
        record(
            AuditEvent.Kind.SIGN_OFF_UNDONE,
            account.get_username(),
            now,
            region_code=region.code,
            subject=day.isoformat(),
        )


def _why_not_now(row: RegionDay, shown: str, now: datetime) -> str:
    """Return why the row cannot be signed, whatever was noted; nothing when it can."""
    if now < row.ends_at:
        age = Figures.of_active_language().age(row.ends_at - now)
        return _("The day is not over there: it ends in %(age)s.") % {"age": age}
    if shown == shown_token(row):
        return ""
    before = shown.partition("-")[0][:9]
    n_now = row.numbers.n_received if row.numbers else 0
    n_came = n_now - int(before) if before.isdecimal() else 0
    if n_came <= 0:
        return _has_changed()
    return ngettext(
        "%(count)s study came since you opened the page. Look again, then sign.",
        "%(count)s studies came since you opened the page. Look again, then sign.",
        n_came,
    ) % {"count": n_came}


def _has_changed() -> str:
    return _("What the page says of this day has changed since you opened it. Look again.")


def _make_way(account: User, row: RegionDay, day: date, now: datetime) -> None:
    """End the standing sign-off of a day that changed since; raise Refused if it did not."""
    standing = _standing(row.region.pk, day)
    if standing is None:
        return
    if not change(standing, row.numbers, Figures.of_active_language()):
        raise Refused(_signed_already(standing, now))
    SignOff.objects.filter(pk=standing.pk, undone_at=None).update(undone_at=now, undone_by=account)


def _write(account: User, row: RegionDay, day: date, now: datetime) -> SignOff:
    numbers = {name: getattr(row.numbers, name, None) for name in SIGNED_NUMBERS}
    signed = SignOff.objects.create(
        region_id=row.region.pk,
        day=day,
        signed_by=account,
        signed_by_name=account.get_full_name() or account.get_username(),
        signed_at=now,
        freshness=row.freshness or "",
        known_as_of=row.known_as_of,
        mark=row.mark,
        fingerprint=_fingerprint(row, day),
        **numbers,
    )
    SignedReason.objects.bulk_create(
        SignedReason(
            sign_off=signed,
            rank=why.rank,
            code=why.code,
            level=why.level,
            sentence=why.sentence[:500],
        )
        for why in row.reasons
    )
    SignedAlert.objects.bulk_create(
        SignedAlert(
            sign_off=signed, alert_id=alert.pk, kind=alert.kind, is_taken=bool(alert.held_by)
        )
        for alert in row.alerts
    )
    record(
        AuditEvent.Kind.SIGNED_OFF,
        account.get_username(),
        now,
        region_code=row.region.code,
        subject=day.isoformat(),
        detail=" ".join([row.mark, *(why.code for why in row.reasons)]),
    )
    return signed


def _fingerprint(row: RegionDay, day: date) -> int | None:
    """Return the rollup's fingerprint; raise Refused when it is not what the row shows."""
    rollup = DailyRollup.objects.filter(day=day, region_id=row.region.pk)
    found = rollup.values("fingerprint", *NUMBERS).first()
    if found is None:
        return None
    if row.numbers is None:
        raise Refused(_("Its numbers could not be computed: there is nothing to sign yet."))
    if Numbers.of(found) != row.numbers:
        raise Refused(_has_changed())
    fingerprint: int = found["fingerprint"]
    return fingerprint


def _standing(region_id: int, day: date) -> SignOff | None:
    return SignOff.objects.filter(region_id=region_id, day=day, undone_at=None).first()


def _signed_already(standing: SignOff, now: datetime) -> str:
    return _("It is signed already: %(name)s, %(time)s.") % {
        "name": standing.signed_by_name,
        "time": clock_words(now)(standing.signed_at),
    }


def _why_not_undone(account: User, standing: SignOff | None, now: datetime) -> str:
    if standing is None:
        return _("There is no sign-off to take back.")
    if standing.signed_by_id != account.pk:
        return _("Only who signed can take it back: %(name)s, %(time)s.") % {
            "name": standing.signed_by_name,
            "time": clock_words(now)(standing.signed_at),
        }
    return ngettext(
        "A sign-off can be taken back for %(seconds)s second. Write a note instead.",
        "A sign-off can be taken back for %(seconds)s seconds. Write a note instead.",
        UNDO_FOR.seconds,
    ) % {"seconds": UNDO_FOR.seconds}


def clock_words(now: datetime | None) -> Callable[[datetime], str]:
    """Return what says a moment on the clock of the center's people, with the date unless it is
    that of `now`."""
    figures, day = Figures.of_active_language(), today(now) if now else date.min
    return lambda moment: figures.clock(moment, settings.FLEET_TIME_ZONE, day)
