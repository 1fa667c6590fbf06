"""The morning's message: what is open, what is silenced, and how many messages there were."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from fleet.alerts.messages import first_line
from fleet.alerts.messengers.messenger import Text
from fleet.alerts.models import Alert, Silence
from fleet.alerts.models_outbox import Channel, Message
from fleet.alerts.ringing import is_failing

# A digest of the morning is not sent in the evening, by a center that was down all day.
NOT_LATER = timedelta(hours=3)
MAX_LINES = 15
DAY = timedelta(days=1)


def plan_digests(now: datetime) -> None:
    """Put the digest of the day into the outbox for each channel whose hour has come."""
    rows = [
        Message(
            channel=channel,
            subject=Message.Subject.DIGEST,
            day=now.astimezone(channel.zone).date(),
            wanted_at=now,
            next_try_at=now,
        )
        for channel in Channel.objects.filter(is_enabled=True, digest_at__isnull=False)
        if _is_hour(channel, now)
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True)


def text_of_day(message: Message, now: datetime) -> Text:
    """Return the text of a message that is about no alert."""
    if message.subject == Message.Subject.NOTICE:
        return Text(message.text)
    with override(message.channel.language):
        if message.subject == Message.Subject.BUDGET:
            n = message.channel.budget or 0
            said = ngettext(
                "This chat had its %(n)s message of the day: until tomorrow only failures ring.",
                "This chat had its %(n)s messages of the day: until tomorrow only failures ring.",
                n,
            )
            return Text(said % {"n": n})
        if message.subject == Message.Subject.TEST:
            # The moment tells one test from the next, also to a service that says nothing twice.
            asked = message.wanted_at.astimezone(message.channel.zone)
            test = _("TEST · Fleet reaches this chat. Nothing has happened. Asked for at %(time)s.")
            return Text(test % {"time": f"{asked:%H:%M:%S}"})
        return Text(_digest(message.channel, now))


def _digest(channel: Channel, now: datetime) -> str:
    alerts = Alert.objects.filter(resolved_at=None, under=None).select_related("region")
    ordered = sorted(alerts, key=lambda one: (not is_failing(one), one.opened_at))
    n_failing = sum(map(is_failing, ordered))
    lines = [
        _("Morning: failing %(failing)s, need a look %(look)s.")
        % {"failing": n_failing, "look": len(ordered) - n_failing}
    ]
    lines += [first_line(one) for one in ordered[:MAX_LINES]]
    if len(ordered) > MAX_LINES:
        lines.append(_("More of them: %(n)s.") % {"n": len(ordered) - MAX_LINES})
    ending = Silence.objects.filter(ends_at__gt=now, ends_at__lte=now + DAY).count()
    if ending:
        lines.append(_("Silences that end within a day: %(n)s.") % {"n": ending})
    lines.append(_budget(channel, now))
    if settings.FLEET_PUBLIC_URL:
        lines.append(f"{settings.FLEET_PUBLIC_URL}/alerts/")
    return "\n".join(lines)


def _budget(channel: Channel, now: datetime) -> str:
    today = datetime.combine(now.astimezone(channel.zone).date(), time(), channel.zone)
    sent = Message.objects.filter(
        channel=channel, sent_at__gte=today - DAY, sent_at__lt=today, day=None
    )
    words = {"n": sent.count(), "budget": channel.budget}
    if channel.budget is None:
        return _("Messages yesterday: %(n)s.") % words
    return _("Messages yesterday: %(n)s of %(budget)s.") % words


def _is_hour(channel: Channel, now: datetime) -> bool:
    local = now.astimezone(channel.zone)
    since = datetime.combine(local.date(), channel.digest_at or time(), channel.zone)
    return timedelta() <= local - since < NOT_LATER
