"""Write messages to stderr or into a file, for development and the demo."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings

from fleet.alerts.messengers.messenger import Messenger, Text


class Copied:
    """Another chat, with a copy of what it takes for who has no client of it at hand."""

    def __init__(self, chat: Messenger) -> None:
        self._chat = chat
        self._console = Console()
        self.can_edit = chat.can_edit
        self.shows_pictures = chat.shows_pictures

    def send(self, text: Text, key: str, *, is_silent: bool, picture: bytes | None = None) -> str:
        named = self._chat.send(text, key, is_silent=is_silent, picture=picture)
        self._console.send(text, key, is_silent=is_silent)
        return named

    def edit(self, remote_id: str, text: Text, key: str) -> None:
        self._chat.edit(remote_id, text, key)
        self._console.edit(remote_id, text, key)

    def reply(self, remote_id: str, text: Text, key: str, *, is_silent: bool) -> None:
        self._chat.reply(remote_id, text, key, is_silent=is_silent)
        self._console.reply(remote_id, text, key, is_silent=is_silent)


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
