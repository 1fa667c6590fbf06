"""Decide whether a message is due, and whether it makes a sound. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Level
from fleet.alerts.models import Alert, AlertEvent
from fleet.alerts.models_outbox import Channel, Message

Event = AlertEvent.Kind
SEEN_BY_ALL = frozenset(
    {
        *(Event.RESOLVED, Event.REOPENED, Event.UNSTABLE),
        *(Event.ASKED, Event.EXPIRED, Event.WORSENED),
    }
)


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: look again later, since a silence or a quiet hour may end before its time."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Nobody has to hear of it."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send it, or change what was sent; `is_answered`: and add a reply, which phones show."""

    is_answered: bool
    is_silent: bool


def decide(
    message: Message, alert: Alert, now: datetime, *, is_muted: bool, is_over_budget: bool
) -> Hold | Drop | Say:
    """Return what to do with a message of an alert, now that its turn has come.

    `is_muted`: a silence or work in the region covers the alert.
    """
    channel = message.channel
    if message.remote_id:
        return _follow_up(message, alert, now, is_muted=is_muted)
    if alert.under_id is not None:
        return Drop()
    if is_muted:
        return Drop() if alert.resolved_at else Hold()
    if is_failing(alert):
        return Say(is_answered=False, is_silent=alert.state != Alert.State.OPEN)
    if is_quiet(channel, now) or is_over_budget:
        return Hold()
    # What waited for the morning does not ring then: the day's digest names it as well.
    rings = alert.state == Alert.State.OPEN and not is_quiet(channel, message.wanted_at)
    return Say(is_answered=False, is_silent=not rings)


def is_failing(alert: Alert) -> bool:
    """Return whether the alert rings at any hour; one of a kind that is gone does."""
    return alert.kind not in KINDS or KINDS[alert.kind].level is Level.FAILING


def is_quiet(channel: Channel, moment: datetime) -> bool:
    """Return whether the moment lies in the channel's quiet hours."""
    return channel.is_quiet_at(moment.astimezone(channel.zone).time())


def _follow_up(message: Message, alert: Alert, now: datetime, *, is_muted: bool) -> Say:
    """Change what was sent; tell aloud what somebody must act upon, and nothing that flaps."""
    event = message.event.kind if message.event else ""
    flaps = alert.is_unstable and event != Event.UNSTABLE
    is_answered = event in SEEN_BY_ALL and not (is_muted or flaps or alert.under_id)
    rings = event != Event.RESOLVED and (is_failing(alert) or not is_quiet(message.channel, now))
    return Say(is_answered=is_answered, is_silent=not rings)
