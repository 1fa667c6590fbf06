"""What the buttons of an alert do, and programs with a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.alerts.lifecycle import Refused, acknowledge, give_back, resolve
from fleet.alerts.models import Alert
from fleet.alerts.new_normal import accept_new_normal
from fleet.alerts.silences import silence

Deed = Callable[[Alert, User, Mapping[str, str], datetime], None]
HOUR = timedelta(hours=1)
MORNING = time(9)


def take(alert: Alert, author: User, _given: Mapping[str, str], now: datetime) -> None:
    acknowledge(alert.pk, author, now)


def hand_back(alert: Alert, author: User, _given: Mapping[str, str], now: datetime) -> None:
    give_back(alert.pk, author, now)


def end(alert: Alert, author: User, given: Mapping[str, str], now: datetime) -> None:
    reason = given.get("reason", "").replace("\0", "")
    resolve(alert.pk, author, reason, now, is_false_alarm=given.get("false") == "yes")


def mute(alert: Alert, author: User, given: Mapping[str, str], now: datetime) -> None:
    """Silence alerts of the same kind, region and service."""
    if alert.resolved_at is not None:
        raise Refused(_("This alert is resolved already: reload the page."))
    zone = alert.region.zone if alert.region else settings.FLEET_TIME_ZONE
    until = until_when(given, zone, now)
    reason = given.get("reason", "")
    silence(author, alert.region, until, reason, now, service=alert.service, kind=alert.kind)


def take_for_normal(alert: Alert, author: User, given: Mapping[str, str], now: datetime) -> None:
    """Begin what the rules compare with again, and resolve the alert."""
    accept_new_normal(alert, author, given.get("reason", ""), now)


def until_when(given: Mapping[str, str], zone: ZoneInfo, now: datetime) -> datetime:
    """Return the end that is asked for: `until`, by the clock of the center's people if it names no
    zone, or else one of the offers in `for`; morning is that of `zone`."""
    if text := given.get("until", ""):
        try:
            until = datetime.fromisoformat(text)
        except ValueError:
            raise Refused(_("Write the end as 2026-03-10 09:00.")) from None
        return until if until.tzinfo else until.replace(tzinfo=settings.FLEET_TIME_ZONE)
    offers = {"1h": now + HOUR, "4h": now + 4 * HOUR, "morning": next_morning(zone, now)}
    return offers.get(given.get("for", ""), now + HOUR)


def next_morning(zone: ZoneInfo, now: datetime) -> datetime:
    """Return the next nine o'clock."""
    local = now.astimezone(zone)
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone)


DEEDS: dict[str, Deed] = {
    "take": take,
    "give-back": hand_back,
    "silence": mute,
    "resolve": end,
    "new-normal": take_for_normal,
}


def done(deed: str, n: int) -> str:
    """Return the sentence that says what was done to how many alerts."""
    sentences = {
        "take": ngettext("%(n)s alert is yours.", "%(n)s alerts are yours.", n),
        "give-back": ngettext("%(n)s alert is given back.", "%(n)s alerts are given back.", n),
        "silence": ngettext("%(n)s alert is silenced.", "%(n)s alerts are silenced.", n),
        "resolve": ngettext("%(n)s alert is resolved.", "%(n)s alerts are resolved.", n),
        "new-normal": ngettext(
            "%(n)s alert is resolved: this is normal now.",
            "%(n)s alerts are resolved: this is normal now.",
            n,
        ),
    }
    return sentences[deed] % {"n": n}
