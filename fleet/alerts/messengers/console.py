"""Write messages to stderr or into a file, for development and the demo."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings

from fleet.alerts.messengers.messenger import Text


class Console:
    can_edit = True
    shows_pictures = False

    def send(
        self,
        text: Text,
        key: str,
        *,
        is_silent: bool,
        picture: bytes | None = None,  # noqa: ARG002
    ) -> str:
        _write(f"message {key}, {'silent' if is_silent else 'rings'}", text)
        return key

    def edit(self, remote_id: str, text: Text, key: str) -> None:  # noqa: ARG002
        _write(f"message {remote_id} reads now", text)

    def reply(self, remote_id: str, text: Text, key: str, *, is_silent: bool) -> None:  # noqa: ARG002
        _write(f"reply to {remote_id}, {'silent' if is_silent else 'rings'}", text)


def _write(what: str, text: Text) -> None:
    said = f"--- {what}\n{text.body}\n"
    if settings.FLEET_CONSOLE_FILE:
        with Path(settings.FLEET_CONSOLE_FILE).open("a") as file:
            file.write(said)
    else:
        sys.stderr.write(said)
        sys.stderr.flush()
