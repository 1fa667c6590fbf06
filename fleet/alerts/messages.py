"""What a message says: the same alert, the same text. No patient, address or identifier in it.

The text changes by events alone, so that what was said can be compared with what is to be said.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from fleet.alerts.buttons import rows_of
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Measure
from fleet.alerts.messengers.messenger import Text
from fleet.alerts.models import Alert, AlertEvent, Finding
from fleet.alerts.models_outbox import Channel, Message
from fleet.alerts.ringing import is_failing
from fleet.alerts.titles import title
from regions.attributes import attribute_name

# Telegram takes 4096 signs; the first lines and the link must always fit.
MAX_NAME = 60
MAX_NAMES = 10
# What a region may have named: words, numbers and versions. Anything else is not repeated.
HARMLESS = re.compile(r"[^\W\d_][\w .+-]{0,39}|[\w.+-]{1,30}")
LOOKS_LIKE_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|@|://|\d{6,}")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

Event = AlertEvent.Kind


def text_of(message: Message) -> Text:
    """Return what the channel must read of the alert now, in the channel's language."""
    alert, channel = message.alert, message.channel
    assert alert is not None  # noqa: S101 (of an alert, not of a day)
    with override(channel.language):
        lines = [first_line(alert), _when(alert, channel), *_finding(alert), _who(alert, channel)]
        if alert.region_id is None:
            lines.append(_regions(alert))
        if settings.FLEET_PUBLIC_URL and not alert.resolved_at:
            lines.append(_("First: %(url)s") % {"url": runbook_url(alert)})
        lines.append(alert_url(alert) or f"#{alert.pk}")
        body = "\n".join(line for line in lines if line)
        return Text(body, rows_of(message, alert, alert_url(alert)))


def reply_of(message: Message) -> Text:
    """Return the short answer to the message, which says what happened just now."""
    alert, channel = message.alert, message.channel
    assert alert is not None  # noqa: S101
    with override(channel.language):
        event = message.event.kind if message.event else ""
        said = {
            Event.RESOLVED: _("It is over: %(what)s"),
            Event.REOPENED: _("Came back: %(what)s"),
            Event.UNSTABLE: _("Unstable, no more messages until it is steady: %(what)s"),
            Event.ASKED: _("%(name)s, do you still have it? %(what)s"),
            Event.EXPIRED: _("Nobody has it any more: %(what)s"),
            Event.WORSENED: _("It fails now: %(what)s"),
        }
        words = {"what": first_line(alert), "name": short_name(alert.acknowledged_by)}
        lines = [said[Event(event)] % words]
        lines.append(alert_url(alert) or f"#{alert.pk}")
        return Text("\n".join(lines))


def sentence(finding: Finding | None, kind: str) -> str:
    """Return the finding in a sentence with its number and limit; "" where none was measured."""
    if finding is None or finding.score is None or finding.limit is None or kind not in KINDS:
        return ""
    of = KINDS[kind]
    return of.sentence % {
        "score": number(finding.score, of.measure),
        "limit": number(finding.limit, of.measure),
        "attribute": attribute_name(harmless(finding.attribute)) or _("Something unnamed"),
    }


def usual(finding: Finding | None) -> str:
    """Return between what the number usually lies, in a sentence; "" where nobody knows."""
    low, high = _usual_ends(finding) if finding else ("", "")
    return _("Usual: %(low)s–%(high)s.") % {"low": low, "high": high} if low and high else ""


def usual_range(finding: Finding) -> str:
    """Return the same as “3 %–8 %”."""
    low, high = _usual_ends(finding)
    return f"{low}–{high}" if low and high else ""


def in_unit(finding: Finding, value: float | None) -> str:
    """Return a number of the finding with its unit; "" for none."""
    if value is None:
        return ""
    return number(value, KINDS[finding.kind].measure if finding.kind in KINDS else Measure.SCORE)


def harmless(named: str) -> str:
    """Return what a region named, or "" where it may hold more than a name."""
    if HARMLESS.fullmatch(named) and not LOOKS_LIKE_ADDRESS.search(named):
        return named
    return ""


def alert_url(alert: Alert) -> str:
    """Return the page of the alert; "" while nobody has said where the pages are."""
    base = settings.FLEET_PUBLIC_URL
    return f"{base}/alerts/{alert.pk}/" if base else ""


def runbook_url(alert: Alert) -> str:
    """Return what to look at first."""
    return f"{settings.FLEET_PUBLIC_URL}/runbooks/{alert.kind}/"


def first_line(alert: Alert) -> str:
    """Return the line of a lock screen: “■ FAILING · Tver · More studies fail than usual”."""
    if alert.state == Alert.State.RESOLVED:
        mark, level = "●", pgettext("level of an alert", "RESOLVED")
    elif is_failing(alert):
        mark, level = "■", pgettext("level of an alert", "FAILING")
    else:
        mark, level = "▲", pgettext("level of an alert", "LOOK")
    where = _region_name(alert) if alert.region_id else _("the whole fleet")
    return f"{mark} {level} · {where} · {title(alert.kind)}"


def _when(alert: Alert, channel: Channel) -> str:
    opened = _clock(alert.opened_at, channel)
    if alert.resolved_at is None:
        return _("Since %(time)s.") % {"time": opened}
    return _("%(from)s – %(to)s, %(length)s.") % {
        "from": opened,
        "to": _clock(alert.resolved_at, channel),
        "length": _length(alert.resolved_at - alert.opened_at),
    }


def _finding(alert: Alert) -> list[str]:
    """Return the newest finding, what was usual, and the service with its version."""
    newest = newest_finding(alert)
    names = [alert.service, alert.version]
    if newest and alert.kind in KINDS and "%(attribute)s" not in str(KINDS[alert.kind].sentence):
        names.append(newest.attribute)  # the node
    about = " ".join(filter(None, map(harmless, names)))
    return [sentence(newest, alert.kind), usual(newest), about]


def newest_finding(alert: Alert) -> Finding | None:
    """Return the last finding of the alert's own kind."""
    if alert.region_id is None:
        return None
    found = Finding.objects.filter(
        region=alert.region_id, kind=alert.kind, service=alert.service, version=alert.version
    )
    return found.order_by("-begins_at", "-pk").first()


def _usual_ends(finding: Finding) -> tuple[str, str]:
    return in_unit(finding, finding.usual_low), in_unit(finding, finding.usual_high)


def _who(alert: Alert, channel: Channel) -> str:
    event = alert.events.exclude(author=None).order_by("at", "pk").last()
    if alert.under_id is not None and alert.resolved_at is None:
        return _("Alert #%(id)s explains it.") % {"id": alert.under_id}
    if event is None or event.author is None:
        return ""
    words = {"name": short_name(event.author), "time": _clock(event.at, channel)}
    if event.kind == Event.RESOLVED and alert.resolved_at:
        return _("%(name)s resolved it.") % words
    if event.kind == Event.ACKNOWLEDGED and alert.state == Alert.State.ACKNOWLEDGED:
        return _("%(name)s took it at %(time)s.") % words
    return ""


def short_name(person: User | None) -> str:
    return (person.get_full_name() or person.get_username())[:MAX_NAME] if person else ""


def _regions(alert: Alert) -> str:
    names = [_region_name(one) for one in alert.explains.select_related("region") if one.region]
    names = sorted(set(names))
    if not names:
        return ""
    shown = ", ".join(names[:MAX_NAMES])
    if len(names) <= MAX_NAMES:
        return _("Regions: %(names)s.") % {"names": shown}
    more = {"names": shown, "n": len(names) - MAX_NAMES}
    return _("Regions: %(names)s and %(n)s more.") % more


def _region_name(alert: Alert) -> str:
    return alert.region.name[:MAX_NAME] if alert.region else ""


def _clock(moment: datetime, channel: Channel) -> str:
    there = moment.astimezone(channel.zone)
    return date_format(there, pgettext("format of a moment in a message", "j E, H:i"))


def number(value: float, measure: Measure) -> str:
    """Return a score or a limit in three digits that count, with what it is of."""
    if measure is Measure.SHARE:
        return _("%(n)s %%") % {"n": _digits(value * 100)}
    if measure is Measure.DURATION:
        return _length(timedelta(seconds=value))
    return _digits(value)


def _digits(value: float) -> str:
    """Return three digits that count: 0,0312, 4,75, 138."""
    size = abs(value)
    decimals = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2
    return number_format(value, decimals, force_grouping=True)


def _length(length: timedelta) -> str:
    if length < 90 * MINUTE:
        return _("%(n)s min") % {"n": length // MINUTE}
    if length < 2 * DAY:
        return _("%(n)s h") % {"n": length // HOUR}
    return _("%(n)s d") % {"n": length // DAY}
