"""Ask Telegram which buttons were pressed, since the center may have no address to be called at."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from fleet.alerts.buttons import heed
from fleet.alerts.messengers import telegram_of
from fleet.alerts.messengers.messenger import Failure
from fleet.alerts.models_outbox import Channel

log = logging.getLogger(__name__)


def poll(channel: Channel, after: int, wait_s: int, clock: Callable[[], datetime]) -> int:
    """Do what was pressed after the update `after`; return the last update that was seen.

    Telegram forgets an update when it is asked for the next: who dies between sees it again, and
    what was done already is refused with a sentence. Raises Failure.
    """
    telegram = telegram_of(channel)
    for update in telegram.updates(after, wait_s):
        number = update.get("update_id")
        if not isinstance(number, int):
            continue
        after = max(after, number)
        pressed = heed(channel, update, clock())
        if pressed is None:
            continue
        try:
            telegram.answer(pressed.callback_id, pressed.sentence)
        except Failure as failure:
            # Too late to be answered; what the button says is done all the same.
            log.warning("A button's answer did not arrive: %s", failure)
    return after


def bots() -> list[Channel]:
    """Return one enabled channel for each bot: a bot has one row of updates for all its chats."""
    found = Channel.objects.filter(is_enabled=True, kind=Channel.Kind.TELEGRAM)
    return list({channel.credential: channel for channel in found}.values())
