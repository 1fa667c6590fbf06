"""Drain the outbox: claim a row, say what it wants, confirm what was said.

A row is claimed for longer than a messenger may take. Who dies meanwhile leaves it to the next when
the claim is over; who comes back too late confirms nothing that another has claimed.
"""

from __future__ import annotations

import logging
import random
import traceback
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest

from fleet.alerts.budget import is_over_budget, warn_once
from fleet.alerts.digest import plan_digests, text_of_day
from fleet.alerts.kinds import KINDS
from fleet.alerts.kinds.kind import Level
from fleet.alerts.lifecycle import in_maintenance, is_silenced
from fleet.alerts.messages import reply_of, text_of
from fleet.alerts.messengers import messenger_of
from fleet.alerts.messengers.messenger import Gone, Messenger, Missing, Passing, Text
from fleet.alerts.models import Alert
from fleet.alerts.models_outbox import Channel, Message
from fleet.alerts.outbox import reroute
from fleet.alerts.pictures import picture_of
from fleet.alerts.ringing import Drop, Hold, Say, decide

# Three calls of a messenger and a reserve; see messengers/http.py.
LEASE = timedelta(seconds=120)
# A line that lets no picture through may still let a text.
TRIES_WITH_PICTURE = 2
# A chat takes a message a second. What a group takes a minute the service says itself, by asking
# to wait.
PACE = timedelta(seconds=1)
FIRST_BACK_OFF = timedelta(seconds=5)
LONGEST_BACK_OFF = timedelta(minutes=15)
# A whole channel is tried again sooner: one message may be at fault, and others wait.
LONGEST_PAUSE = timedelta(minutes=5)
LOOK_AGAIN = timedelta(minutes=5)
# Clocks differ, and an answer takes its time.
MARGIN = timedelta(seconds=1)
FAILING = [kind.code for kind in KINDS.values() if kind.level is Level.FAILING]

State = Message.State
log = logging.getLogger(__name__)


def prepare(now: datetime) -> None:
    """Give each waiting message a channel that is enabled, and plan the digests of the day."""
    reroute(now)
    plan_digests(now)


def deliver_next(
    now: datetime, *, lease: timedelta = LEASE, pace: timedelta = PACE
) -> Message | None:
    """Say one message that is due, and return it; None when no message is due."""
    message = claim(now, lease, pace)
    if message is None:
        return None
    try:
        _deliver(message, now)
    except Passing as failure:
        _postpone(message, now, str(failure), failure.retry_after)
    except Missing:
        _held(message).update(remote_id="", sent_digest="", claimed_until=None)
    except Gone as failure:
        _disable(message, now, str(failure))
    except Exception as error:
        _log(message, error)
        _postpone(message, now, f"Fleet's own error: {type(error).__name__}.", None)
    return message


@transaction.atomic
def claim(now: datetime, lease: timedelta, pace: timedelta) -> Message | None:
    """Return the most urgent message that is due, which nobody else will get during the lease."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    unpaused = Q(channel__paused_until=None) | Q(channel__paused_until__lte=now)
    due = Message.objects.filter(
        free, unpaused, state=State.WAITING, next_try_at__lte=now, channel__is_enabled=True
    )
    urgency = Case(When(alert__kind__in=FAILING, then=0), default=1)
    # The alert is read afterwards: what is read beside a lock may be older than the locked row.
    locked = due.select_related("channel").select_for_update(
        skip_locked=True, of=("self", "channel"), no_key=True
    )
    message = locked.order_by(urgency, "next_try_at", "pk").first()
    if message is None:
        return None
    message.claimed_until = now + lease
    message.attempts += 1
    message.save(update_fields=("claimed_until", "attempts"))
    # Before the call, so that a second deliverer keeps the chat's pace as well.
    Channel.objects.filter(pk=message.channel_id).update(paused_until=now + pace)
    return message


def is_any_near(now: datetime) -> bool:
    """Return whether a message waits for nothing but its chat's pace."""
    return Message.objects.filter(
        Q(channel__paused_until=None) | Q(channel__paused_until__lte=now + PACE),
        Q(claimed_until=None),
        state=State.WAITING,
        next_try_at__lte=now,
        channel__is_enabled=True,
    ).exists()


def _deliver(message: Message, now: datetime) -> None:
    alert = message.alert
    if alert is None:
        _say_of_day(message, now)
        return
    is_over = is_over_budget(message.channel, now)
    if is_over:
        warn_once(message.channel, now)
    decision = decide(message, alert, now, is_muted=_is_muted(alert, now), is_over_budget=is_over)
    if isinstance(decision, Drop):
        _settle(message, state=State.NOT_NEEDED)
    elif isinstance(decision, Hold):
        _held(message).update(next_try_at=now + LOOK_AGAIN, claimed_until=None, attempts=0)
    else:
        _say(message, decision, now)


def _say_of_day(message: Message, now: datetime) -> None:
    messenger, text = messenger_of(message.channel), text_of_day(message, now)
    if message.remote_id:
        _confirm(message, message.remote_id, _edit(message, messenger, text), now)
    else:
        _send(message, messenger, text, now, is_silent=True)


def _say(message: Message, how: Say, now: datetime) -> None:
    messenger = messenger_of(message.channel)
    text = text_of(message)
    if not message.remote_id:
        picture = _picture(message, now) if messenger.shows_pictures else None
        _send(message, messenger, text, now, is_silent=how.is_silent, picture=picture)
        return
    digest = _edit(message, messenger, text)
    if how.is_answered:
        answer = reply_of(message)
        key = _key(message, f"{_digest(answer)}-reply")
        messenger.reply(message.remote_id, answer, key, is_silent=how.is_silent)
    _confirm(message, message.remote_id, digest, now)


def _edit(message: Message, messenger: Messenger, text: Text) -> str:
    """Change what was sent, where it says something else and can be changed; return its digest."""
    digest = _digest(text)
    if messenger.can_edit and digest != message.sent_digest:
        messenger.edit(message.remote_id, text, _key(message, digest))
    return digest


def _picture(message: Message, now: datetime) -> bytes | None:
    """Return what is drawn for the message; None when the text has to go alone."""
    if message.attempts > TRIES_WITH_PICTURE:
        return None
    try:
        return picture_of(message, now)
    except Exception as error:
        _log(message, error)
        return None


def _send(
    message: Message,
    messenger: Messenger,
    text: Text,
    now: datetime,
    *,
    is_silent: bool,
    picture: bytes | None = None,
) -> None:
    digest = _digest(text)
    key = _key(message, digest)
    remote_id = messenger.send(text, key, is_silent=is_silent, picture=picture)
    _confirm(message, remote_id, digest, now)


def _confirm(message: Message, remote_id: str, digest: str, now: datetime) -> None:
    """Write down what the chat reads. What happened meanwhile goes on waiting."""
    _settle(
        message,
        told=message.event_id,
        remote_id=remote_id,
        sent_digest=digest,
        sent_at=Coalesce("sent_at", Value(now)),
        confirmed_at=now,
        sentence="",
        state=State.CONFIRMED,
    )
    Channel.objects.filter(pk=message.channel_id).exclude(n_failures=0).update(n_failures=0)


def _settle(message: Message, *, state: State, **values: object) -> None:
    is_newest = Q(event=message.event_id) if message.event_id else Q(event=None, text=message.text)
    _held(message).update(
        **values,
        claimed_until=None,
        attempts=0,
        state=Case(When(is_newest, then=Value(state)), default=F("state")),
    )


def _postpone(
    message: Message, now: datetime, sentence: str, retry_after: timedelta | None
) -> None:
    """Try again later, the longer the more often it failed; a service's own word counts more."""
    channel = Channel.objects.get(pk=message.channel_id)
    again = retry_after or _back_off(message.attempts, LONGEST_BACK_OFF)
    pause = retry_after or _back_off(channel.n_failures + 1, LONGEST_PAUSE)
    _held(message).update(
        next_try_at=Greatest("next_try_at", now + again + MARGIN),
        claimed_until=None,
        sentence=sentence[:300],
    )
    Channel.objects.filter(pk=channel.pk).update(
        n_failures=Greatest("n_failures", min(channel.n_failures + 1, 1000)),
        paused_until=Greatest("paused_until", now + pause + MARGIN),
    )
    log.warning("Messenger %s: %s", channel.pk, sentence)


def _disable(message: Message, now: datetime, sentence: str) -> None:
    """Write nothing more into a chat that is gone, and give what waits to the next one."""
    Channel.objects.filter(pk=message.channel_id, is_enabled=True).update(
        is_enabled=False, disabled_reason=sentence[:300]
    )
    _held(message).update(claimed_until=None, sentence=sentence[:300])
    log.error("Messenger %s is disabled: %s", message.channel_id, sentence)
    reroute(now)


def _log(message: Message, error: Exception) -> None:
    # The words of an error may hold what a region wrote; its class and place do not.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("Message %s: %s\n%s", message.pk, type(error).__name__, where)


def _held(message: Message) -> QuerySet[Message]:
    """Return the row while our claim stands."""
    return Message.objects.filter(pk=message.pk, claimed_until=message.claimed_until)


def _is_muted(alert: Alert, now: datetime) -> bool:
    in_work = alert.region is not None and in_maintenance(alert.region, now)
    return in_work or is_silenced(alert, now)


def _back_off(n: int, longest: timedelta) -> timedelta:
    """Return 5, 10, 20 … seconds, each up to a quarter longer, so that all do not come at once."""
    steps = min(n - 1, 20)
    grown: timedelta = min(FIRST_BACK_OFF * 2**steps, longest)
    return grown * random.uniform(1, 1.25)


def _digest(text: Text) -> str:
    return sha256(repr(text).encode()).hexdigest()


def _key(message: Message, digest: str) -> str:
    """Return the name of what is said: the same for who says it again after a crash."""
    return f"fleet-{message.pk}-{message.event_id or message.day}-{digest[:16]}"
