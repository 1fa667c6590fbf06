"""Keep the tunnels of all active regions open until SIGTERM or Ctrl-C."""

from __future__ import annotations

import fcntl
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from regions.keeper import Keeper

ENDING = {signal.SIGTERM, signal.SIGINT}
LOOK_EVERY_S = 5


class Command(BaseCommand):
    help = "Keep the SSH tunnels of all active regions open, until SIGTERM or Ctrl-C."

    def handle(self, **_options: Any) -> None:
        allow_many_files()
        # Threads inherit the mask, so that the signal is always this thread's to take.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        with only_keeper():
            keeper = Keeper()
            keeper.start()
            try:
                while keeper.is_alive() and not _is_to_end():
                    pass
                if not keeper.is_alive():
                    raise CommandError("The keeper's thread ended; the log above says why.")
            finally:
                keeper.close()


def _is_to_end() -> bool:
    """Wait a while; say whether a signal asks to end.

    After a stop and a continuation of the process the wait returns with no signal of these.
    """
    found = signal.sigtimedwait(ENDING, LOOK_EVERY_S)
    return found is not None and found.si_signo in ENDING


@contextmanager
def only_keeper() -> Iterator[None]:
    """Hold the lock of this machine's sockets. Raises CommandError when another keeper has it."""
    folder = settings.FLEET_SOCKET_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "keeper.lock").open("w")
    except OSError as error:
        raise CommandError(
            f"{folder} cannot be written ({error.strerror}): make it, or set FLEET_SOCKET_DIR."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                f"Another tunnel keeper owns the sockets in {folder}: stop it first."
            ) from error
        yield


def allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one: each connection takes five."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
