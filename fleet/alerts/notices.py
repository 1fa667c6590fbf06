"""What other parts of the center have to say: a text about a topic, changed where it was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from fleet.alerts.models_outbox import Channel, Message
from fleet.alerts.outbox import BETWEEN_EDITS

State = Message.State


def say(channel: Channel, texts: Mapping[str, str], now: datetime) -> None:
    """Let the chat read each topic's text, without a sound and only once."""
    known = set(_about(channel, texts).values_list("topic", flat=True))
    day = now.astimezone(channel.zone).date()
    fresh = [
        Message(
            channel=channel,
            subject=Message.Subject.NOTICE,
            topic=topic,
            text=text,
            day=day,
            wanted_at=now,
            next_try_at=now,
        )
        for topic, text in texts.items()
        if topic not in known
    ]
    Message.objects.bulk_create(fresh, ignore_conflicts=True)
    # What a disabled chat was never told is not told there when it comes back.
    elsewhere = Message.objects.filter(topic__in=texts, state=State.WAITING)
    elsewhere.exclude(channel=channel).update(state=State.MOVED, claimed_until=None)
    correct(channel, texts, now)


def correct(channel: Channel, texts: Mapping[str, str], now: datetime) -> None:
    """Change what the chat was told about each topic, where the messenger can."""
    for topic, said in _about(channel, texts).values_list("topic", "text"):
        if said != texts[topic]:
            _about(channel, [topic]).update(
                text=texts[topic],
                state=State.WAITING,
                wanted_at=now,
                next_try_at=Greatest(F("confirmed_at") + BETWEEN_EDITS, now),
                attempts=0,
            )


def _about(channel: Channel, topics: Iterable[str]) -> QuerySet[Message]:
    return Message.objects.filter(channel=channel, topic__in=topics)
