"""Telegram's Bot API: topics, buttons, and one message that is edited in place."""

from __future__ import annotations

from typing import Any

from fleet.alerts.messengers.http import READ_S, Answer, ask, in_seconds
from fleet.alerts.messengers.messenger import Gone, Missing, Passing, Text

SERVER = "https://api.telegram.org"
# How long Telegram may hold an answer back when nobody has pressed anything.
POLL_S = 25
TOO_MANY, FORBIDDEN = 429, 403
UNKNOWN_TOKEN = (401, 404)
SAME = "message is not modified"
NO_TEXT = "there is no text in the message to edit"
# Refusals of a picture: of its form, of the right to send any, of its size.
MAY_TAKE_TEXT = (400, 403, 413)
LONGEST_CAPTION = 1024
NOT_THERE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message identifier is not specified",
)
NO_CHAT = (
    "chat not found",
    "chat_write_forbidden",
    "group chat was upgraded",
    "message thread not found",
    "not enough rights",
    "topic_closed",
    "user_deactivated",
)


class Telegram:
    """A chat, or a topic of it."""

    can_edit = True
    shows_pictures = True

    def __init__(
        self, server: str, token: str, chat: str, topic: str = "", proxy: str = ""
    ) -> None:
        self._base = f"{(server or SERVER).rstrip('/')}/bot{token}"
        self._chat = chat
        self._topic = topic
        self._proxy = proxy

    def send(
        self,
        text: Text,
        key: str,  # noqa: ARG002 (it has no keys)
        *,
        is_silent: bool,
        picture: bytes | None = None,
    ) -> str:
        if picture is not None:
            try:
                return self._send(text, is_silent=is_silent, picture=picture)
            except _NoPicture:
                pass
        return self._send(text, is_silent=is_silent)

    def edit(self, remote_id: str, text: Text, key: str) -> None:  # noqa: ARG002
        place = {"message_id": _number(remote_id)}
        try:
            self._call("editMessageText", {**self._said(text), **place})
        except _IsPicture:
            self._call("editMessageCaption", {**self._said(text, "caption"), **place})

    def reply(self, remote_id: str, text: Text, key: str, *, is_silent: bool) -> None:  # noqa: ARG002
        to = {"message_id": _number(remote_id), "allow_sending_without_reply": True}
        self._send(text, is_silent=is_silent, reply_parameters=to)

    def answer(self, callback_id: str, sentence: str) -> None:
        """Show a sentence to who pressed a button."""
        self._call(
            "answerCallbackQuery", {"callback_query_id": callback_id, "text": sentence[:200]}
        )

    def updates(self, after: int, wait_s: int) -> list[dict[str, Any]]:
        """Return the buttons pressed since the update `after`, waiting some seconds for one."""
        wanted = {"offset": after + 1, "timeout": wait_s, "allowed_updates": ["callback_query"]}
        found = self._call("getUpdates", wanted, read_s=wait_s + READ_S)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def set_webhook(self, url: str, secret: str) -> None:
        """Let Telegram call this address with the secret when a button is pressed; "": nobody."""
        asked = {"url": url, "secret_token": secret, "allowed_updates": ["callback_query"]}
        self._call("setWebhook", asked)

    def _send(
        self, text: Text, *, is_silent: bool, picture: bytes | None = None, **more: object
    ) -> str:
        said = self._said(text, "caption" if picture else "text")
        content = {**said, "disable_notification": is_silent, **more}
        if self._topic:
            content["message_thread_id"] = _number(self._topic)
        sent = self._call("sendPhoto" if picture else "sendMessage", content, picture=picture)
        if not isinstance(sent, dict) or "message_id" not in sent:
            raise Passing("Telegram took the message and did not name it.")
        return str(sent["message_id"])

    def _said(self, text: Text, name: str = "text") -> dict[str, Any]:
        rows = [[_button(one.label, one.url, one.data) for one in row] for row in text.buttons]
        said = {"chat_id": self._chat, "reply_markup": {"inline_keyboard": rows}}
        if name == "caption":
            return {**said, "caption": text.body[:LONGEST_CAPTION]}
        return {**said, "text": text.body, "link_preview_options": {"is_disabled": True}}

    def _call(
        self,
        name: str,
        content: dict[str, Any],
        *,
        picture: bytes | None = None,
        read_s: float = READ_S,
    ) -> object:
        url = f"{self._base}/{name}"
        answer = ask("POST", url, content, picture=picture, proxy=self._proxy, read_s=read_s)
        if answer.body.get("ok") is True:
            return answer.body.get("result")
        if picture is not None and answer.status in MAY_TAKE_TEXT:
            raise _NoPicture
        _refuse(answer)
        return None


class _NoPicture(Exception):
    """The chat does not take the picture; what it says to the text alone counts."""


class _IsPicture(Exception):
    """The message is a picture: it has no text, but a caption."""


def _refuse(answer: Answer) -> None:
    """Raise what the refusal means; return if the message says so already."""
    said = str(answer.body.get("description", ""))
    lower = said.lower()
    if answer.status == TOO_MANY:
        parameters = answer.body.get("parameters")
        asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
        raise Passing("Telegram asks to wait.", in_seconds(asked) or answer.retry_after)
    if SAME in lower:
        return
    if NO_TEXT in lower:
        raise _IsPicture
    # A wrong token and an unknown method look alike; proxies that say 404 send no such object.
    if answer.status in UNKNOWN_TOKEN and answer.body.get("ok") is False:
        raise Gone("Telegram does not know the bot: enter the token that BotFather gives.")
    if any(one in lower for one in NOT_THERE):
        raise Missing("The message is no longer in the chat.")
    if answer.status == FORBIDDEN or any(one in lower for one in NO_CHAT):
        raise Gone("The bot may not write into the chat: add it, and look at the chat's number.")
    raise Passing(f"Telegram answered {answer.status}.")


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Gone("Messages and topics of Telegram have numbers: look at the topic.") from None


def _button(label: str, url: str, data: str) -> dict[str, str]:
    return {"text": label, "url": url} if url else {"text": label, "callback_data": data}
