"""What a messenger can do, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it opens an address, or sends `data` back to us."""

    label: str
    url: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text whose first line says the most, and rows of buttons for who can show them."""

    body: str
    buttons: tuple[tuple[Button, ...], ...] = ()


class Messenger(Protocol):
    """One chat of one service.

    `key` names what is said: a service that knows keys says it once, however often it is asked.
    `edit` and `reply` raise Missing when the message is no longer there.
    """

    can_edit: bool
    shows_pictures: bool

    def send(self, text: Text, key: str, *, is_silent: bool, picture: bytes | None = None) -> str:
        """Return the service's own name of the new message, the text alone if it takes no picture.

        `picture` is a PNG.
        """
        ...

    def edit(self, remote_id: str, text: Text, key: str) -> None: ...

    def reply(self, remote_id: str, text: Text, key: str, *, is_silent: bool) -> None: ...


class Failure(Exception):
    """The sentence names neither address nor secret."""


class Passing(Failure):
    """Worth another try, not before `retry_after`."""

    def __init__(self, sentence: str, retry_after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Gone(Failure):
    """The chat will take nothing before a person has done something."""


class Missing(Failure):
    """The message that was to be changed is no longer there."""
