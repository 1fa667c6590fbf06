"""How many messages a chat has had today, against how many its people want to read."""

from __future__ import annotations

from datetime import datetime, time

from fleet.alerts.models_outbox import Channel, Message


def is_over_budget(channel: Channel, now: datetime) -> bool:
    """Return whether the chat has had its messages of the day."""
    return channel.budget is not None and n_sent(channel, now) >= channel.budget


def n_sent(channel: Channel, now: datetime) -> int:
    """Return how many alerts the chat was told of since the midnight of its own clock."""
    today = now.astimezone(channel.zone).date()
    midnight = datetime.combine(today, time(), channel.zone)
    return Message.objects.filter(channel=channel, sent_at__gte=midnight, day=None).count()


def warn_once(channel: Channel, now: datetime) -> None:
    """Let the chat know, once a day, that it has had its messages."""
    row = Message(
        channel=channel,
        subject=Message.Subject.BUDGET,
        day=now.astimezone(channel.zone).date(),
        wanted_at=now,
        next_try_at=now,
    )
    Message.objects.bulk_create([row], ignore_conflicts=True)
