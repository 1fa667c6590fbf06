"""Ask Telegram for pressed buttons until SIGTERM or Ctrl-C."""

from __future__ import annotations

import signal
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections

from fleet.alerts.messengers.messenger import Failure
from fleet.alerts.messengers.telegram import POLL_S
from fleet.alerts.polling import bots, poll
from fleet.clock import now

AFTER_FAILURE_S = 5
WITHOUT_BOTS_S = 15


class Command(BaseCommand):
    help = "Ask Telegram which buttons of messages were pressed, until SIGTERM or Ctrl-C."

    def handle(self, **_options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        seen: dict[str, int] = {}
        try:
            while True:
                time.sleep(self._round(seen))
        except KeyboardInterrupt:
            return

    def _round(self, seen: dict[str, int]) -> float:
        """Ask each bot once; return how long to wait before the next round, in seconds."""
        close_old_connections()
        try:
            found = bots()
            wait_s = POLL_S if len(found) == 1 else 1
            for channel in found:
                after = seen.get(channel.credential, -1)
                seen[channel.credential] = poll(channel, after, wait_s, now)
        except Failure as failure:
            self.stderr.write(str(failure))
            return AFTER_FAILURE_S
        except OperationalError as error:
            self.stderr.write(f"The database does not answer ({type(error).__name__}).")
            return AFTER_FAILURE_S
        return 0.1 if found else WITHOUT_BOTS_S
