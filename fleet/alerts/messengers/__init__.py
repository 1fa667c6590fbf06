"""The messengers, one file each, and the one that a channel names."""

from __future__ import annotations

from django.conf import settings

from fleet.alerts.messengers.by_apprise import ByApprise
from fleet.alerts.messengers.console import Console, Copied
from fleet.alerts.messengers.matrix import Matrix
from fleet.alerts.messengers.messenger import Gone, Messenger
from fleet.alerts.messengers.telegram import Telegram
from fleet.alerts.models_outbox import Channel
from regions.credentials import CredentialError, reveal


def messenger_of(channel: Channel) -> Messenger:
    """Return the channel's chat; raise Gone when its credential cannot be read.

    Where the console has a file, what any chat is told is written there too.
    """
    if channel.kind == Channel.Kind.CONSOLE:
        return Console()
    chat = _chat_of(channel)
    return Copied(chat) if settings.FLEET_CONSOLE_FILE else chat


def _chat_of(channel: Channel) -> Messenger:
    if channel.kind == Channel.Kind.TELEGRAM:
        return telegram_of(channel)
    if channel.kind == Channel.Kind.APPRISE:
        return ByApprise(_secret(channel.credential))
    return Matrix(
        channel.server,
        _secret(channel.credential),
        channel.address,
        channel.thread,
        _secret(channel.proxy),
    )


def telegram_of(channel: Channel) -> Telegram:
    """Return the chat of a channel of Telegram, which alone has buttons; raise Gone likewise."""
    return Telegram(
        channel.server,
        _secret(channel.credential),
        channel.address,
        channel.thread,
        _secret(channel.proxy),
    )


def _secret(reference: str) -> str:
    if not reference:
        return ""
    try:
        return reveal(reference)
    except CredentialError as error:
        raise Gone(str(error)) from None
