"""A room of Matrix: text, edits, and the rest of the story in the message's thread."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fleet.alerts.messengers.http import ask, in_seconds
from fleet.alerts.messengers.messenger import Gone, Passing, Text

TOO_MANY = 429
REFUSED = {
    401: "Matrix does not know the access token: make a new one for the bot's account.",
    403: "The bot may not write into the room: invite it, and let it join.",
    404: "Matrix does not know the room: look at its address.",
}
OK = 200


class Matrix:
    """Its servers say what has one key once, even to who asks again after a crash."""

    can_edit = True

    def __init__(
        self, server: str, token: str, room: str, thread: str = "", proxy: str = ""
    ) -> None:
        self._base = f"{server.rstrip('/')}/_matrix/client/v3/rooms/{quote(room, safe='')}"
        self._token = token
        self._thread = thread
        self._proxy = proxy

    def send(self, text: Text, key: str, *, is_silent: bool) -> str:
        content = _said(text, is_silent=is_silent)
        if self._thread:
            content["m.relates_to"] = _in_thread(self._thread)
        return self._put(content, key)

    def edit(self, remote_id: str, text: Text, key: str) -> None:
        new = _said(text, is_silent=True)
        relation = {"rel_type": "m.replace", "event_id": remote_id}
        content = {**new, "body": f"* {new['body']}", "m.new_content": new}
        self._put({**content, "m.relates_to": relation}, key)

    def reply(self, remote_id: str, text: Text, key: str, *, is_silent: bool) -> None:
        content = _said(text, is_silent=is_silent)
        if self._thread:
            content["m.relates_to"] = {
                **_in_thread(self._thread),
                "is_falling_back": False,
                "m.in_reply_to": {"event_id": remote_id},
            }
        else:
            content["m.relates_to"] = _in_thread(remote_id)
        self._put(content, key)

    def _put(self, content: dict[str, Any], key: str) -> str:
        answer = ask(
            "PUT",
            f"{self._base}/send/m.room.message/{quote(key, safe='')}",
            content,
            headers={"Authorization": f"Bearer {self._token}"},
            proxy=self._proxy,
        )
        event_id = answer.body.get("event_id")
        if answer.status == OK and isinstance(event_id, str):
            return event_id
        if answer.status == TOO_MANY:
            asked = answer.body.get("retry_after_ms")
            after = in_seconds(asked / 1000) if isinstance(asked, int | float) else None
            raise Passing("Matrix asks to wait.", after or answer.retry_after)
        # A proxy's page of an error has no such word; the server itself is then only away.
        if answer.status in REFUSED and "errcode" in answer.body:
            raise Gone(REFUSED[answer.status])
        raise Passing(f"Matrix answered {answer.status}.")


def _said(text: Text, *, is_silent: bool) -> dict[str, Any]:
    # Notices do not ring by Matrix's own rules.
    kind = "m.notice" if is_silent else "m.text"
    return {"msgtype": kind, "body": text.body, "m.mentions": {}}


def _in_thread(root: str) -> dict[str, Any]:
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
