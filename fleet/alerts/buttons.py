"""Buttons under a message, and what a press of one does in the name of who pressed it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override

from fleet.alerts import lifecycle
from fleet.alerts.messengers.messenger import Button
from fleet.alerts.models import Alert
from fleet.alerts.models_outbox import Channel, Message, MessengerAccount
from fleet.alerts.silences import silence
from fleet.alerts.visible import may_act_on, visible_alerts

TAKE, GIVE_BACK = "take", "back"
HOUR_LONG, FOUR_HOURS, TILL_MORNING = "mute1", "mute4", "mute9"
MORNING = time(9)
# Telegram takes 64 bytes: an action, the message's number, and a signature of 96 bits.
SIGNATURE = 24
MAX_DATA = 64


def rows_of(message: Message, alert: Alert, page: str) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons that make sense for the alert as it is."""
    # Telegram refuses a whole message for the address of a machine of one's own.
    look = (Button(_("Open"), url=page),) if page.startswith("https://") else ()
    if alert.resolved_at:
        return (look,) if look else ()
    is_taken = alert.state == Alert.State.ACKNOWLEDGED
    first = (_("Give back"), GIVE_BACK) if is_taken else (_("Take"), TAKE)
    mutes = (
        (_("Silence for 1 h"), HOUR_LONG),
        (_("4 h"), FOUR_HOURS),
        (_("until 09:00"), TILL_MORNING),
    )
    rows = [(first,), mutes] if alert.region_id else [(first,)]
    made = [tuple(Button(label, data=sign(act, message.pk)) for label, act in row) for row in rows]
    return (made[0] + look, *made[1:])


def sign(action: str, message_id: int) -> str:
    """Return the data of a button, which nobody can make but us."""
    return f"{action}:{message_id}:{_signature(action, message_id)}"


def press(channel: Channel, account: str, data: str, now: datetime) -> str:
    """Do what the button says in the name of the account's person; return the answer to it."""
    with override(channel.language):
        found = _opened(channel, data)
        if found is None:
            return _("This button is not ours, or not any more: open the alert's page.")
        action, message = found
        user = _person(channel, account)
        if user is None:
            return _("Fleet does not know you: tell an administrator your number, %(number)s.") % {
                "number": account[:32]
            }
        alert = message.alert
        if alert is None or not (
            visible_alerts(user).filter(pk=alert.pk).exists() and may_act_on(user, alert)
        ):
            return _("You may not act on this alert.")
        try:
            return _act(action, alert, user, now)
        except lifecycle.Refused as refusal:
            return str(refusal)


def _act(action: str, alert: Alert, user: User, now: datetime) -> str:
    if action == TAKE:
        lifecycle.acknowledge(alert.pk, user, now)
        return _("It is yours.")
    if action == GIVE_BACK:
        lifecycle.give_back(alert.pk, user, now)
        return _("It is open to all again.")
    until = _until(action, alert, now)
    reason = _("Silenced by a button of the messenger.")
    silence(user, alert.region, until, reason, now, service=alert.service, kind=alert.kind)
    local = until.astimezone(alert.region.zone if alert.region else settings.FLEET_TIME_ZONE)
    return _("Silent until %(time)s there.") % {"time": f"{local:%H:%M}"}


def _until(action: str, alert: Alert, now: datetime) -> datetime:
    if action != TILL_MORNING:
        return now + timedelta(hours=1 if action == HOUR_LONG else 4)
    zone = alert.region.zone if alert.region else settings.FLEET_TIME_ZONE
    local = now.astimezone(zone)
    day = local.date() if local.time() < MORNING else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone)


def _opened(channel: Channel, data: str) -> tuple[str, Message] | None:
    """Return the action and the message of a button that we made: for any chat of the same bot."""
    action, _colon, rest = data[:MAX_DATA].partition(":")
    number, _colon, signature = rest.partition(":")
    if action not in {TAKE, GIVE_BACK, HOUR_LONG, FOUR_HOURS, TILL_MORNING}:
        return None
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        return None
    if not hmac.compare_digest(signature.encode(), _signature(action, int(number)).encode()):
        return None
    message = Message.objects.filter(pk=int(number), channel__kind=channel.kind).first()
    return (action, message) if message else None


def _signature(action: str, message_id: int) -> str:
    made = salted_hmac("fleet.alerts.buttons", f"{action}:{message_id}", algorithm="sha256")
    return made.hexdigest()[:SIGNATURE]


def _person(channel: Channel, account: str) -> User | None:
    known = MessengerAccount.objects.filter(kind=channel.kind, remote_user=account)
    found = known.filter(user__is_active=True).select_related("user").first()
    return found.user if found else None


@dataclass(frozen=True, slots=True)
class Pressed:
    """The answer to a press: a sentence, for the call by which Telegram told us of it."""

    callback_id: str
    sentence: str


def heed(channel: Channel, update: object, now: datetime) -> Pressed | None:
    """Do what an update of Telegram's says was pressed; None for anything else.

    The update is Telegram's word for who pressed; the signature is ours for what.
    """
    query = update.get("callback_query") if isinstance(update, dict) else None
    who = query.get("from") if isinstance(query, dict) else None
    if not isinstance(query, dict) or not isinstance(who, dict):
        return None
    data, callback_id = query.get("data"), query.get("id")
    if not isinstance(data, str) or not isinstance(callback_id, str):
        return None
    return Pressed(callback_id, press(channel, str(who.get("id", "")), data, now))


def webhook_secret(channel: Channel) -> str:
    """Return what Telegram sends with each call, so that nobody else can press."""
    return salted_hmac("fleet.alerts.webhook", str(channel.pk), algorithm="sha256").hexdigest()
