"""Write down what has to be said, in the transaction of what happened.

Rows are inserted only where there is none, and changed only by who says something newer, so that
nobody waits for a deliverer, and no event is lost between two that write at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest

from fleet.alerts.models import Alert, AlertEvent
from fleet.alerts.models_outbox import Channel, Message

# A lost link often explains, within this time, what opened before it.
FIRST_WAIT = timedelta(seconds=60)
# What the rules say changes a message no more often; what a person did shows at once.
BETWEEN_EDITS = timedelta(seconds=60)

State = Message.State


def chosen_channel() -> Channel | None:
    """Return the chat that is told of what is new; None where no one is enabled."""
    return Channel.objects.filter(is_enabled=True).first()


def tell(alert: Alert, event: AlertEvent, now: datetime) -> None:
    """Let each channel that knows the alert say what happened, or else the first enabled one.

    Without an enabled channel nothing is written: `reroute` catches up when there is one.
    """
    earliest = now if event.author_id else Greatest(F("confirmed_at") + BETWEEN_EDITS, now)
    known = Message.objects.filter(alert=alert, channel__is_enabled=True)
    known = known.exclude(state=State.MOVED, remote_id="")
    if _want(known, event, now, earliest):
        return
    channel = chosen_channel()
    if channel is None:
        return
    is_new = event.kind == AlertEvent.Kind.OPENED and alert.region_id is not None
    first = now + FIRST_WAIT if is_new else now
    _insert(channel, alert, event, now, first)
    _want(Message.objects.filter(channel=channel, alert=alert), event, now, first)


def reroute(now: datetime) -> int:
    """Give the first enabled channel what no enabled channel says; return how many alerts.

    That is what waits in a disabled channel, and open alerts that no channel knows.
    """
    channel = chosen_channel()
    if channel is None:
        return 0
    messages = Message.objects.filter(alert=OuterRef("pk"))
    said = messages.filter(channel__is_enabled=True).exclude(state=State.MOVED)
    stranded = messages.filter(channel__is_enabled=False, state=State.WAITING)
    homeless = Alert.objects.filter(~Exists(said)).filter(
        Exists(stranded) | Q(resolved_at=None, under=None)
    )
    alerts = list(homeless)
    for alert in alerts:
        event = alert.events.latest("at", "pk")
        _insert(channel, alert, event, now, now)
        moved = Message.objects.filter(channel=channel, alert=alert, state=State.MOVED)
        _want(moved, event, now, now)
    told_elsewhere = Message.objects.filter(
        alert=OuterRef("alert"), channel__is_enabled=True
    ).exclude(state=State.MOVED)
    Message.objects.filter(
        Exists(told_elsewhere), channel__is_enabled=False, state=State.WAITING
    ).update(state=State.MOVED, claimed_until=None)
    return len(alerts)


def ask_for_test(channel: Channel, now: datetime) -> None:
    """Let the chat say that Fleet reaches it; asked again, it says so again."""
    asked = {
        "state": State.WAITING,
        "wanted_at": now,
        "next_try_at": now,
        "attempts": 0,
        "claimed_until": None,
        "remote_id": "",
        "sent_digest": "",
        "sentence": "",
    }
    day = now.astimezone(channel.zone).date()
    Message.objects.update_or_create(
        channel=channel, subject=Message.Subject.TEST, day=day, defaults=asked
    )


def _want(
    messages: QuerySet[Message], event: AlertEvent, now: datetime, earliest: datetime | Greatest
) -> int:
    return messages.update(
        event=event, state=State.WAITING, wanted_at=now, next_try_at=earliest, attempts=0
    )


def _insert(
    channel: Channel, alert: Alert, event: AlertEvent, now: datetime, first: datetime
) -> None:
    row = Message(channel=channel, alert=alert, event=event, wanted_at=now, next_try_at=first)
    Message.objects.bulk_create([row], ignore_conflicts=True)
