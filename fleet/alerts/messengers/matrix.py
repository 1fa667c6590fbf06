"""A room of Matrix: text, edits, and the rest of the story in the message's thread."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fleet.alerts.messengers.http import PICTURE_NAME as NAME
from fleet.alerts.messengers.http import PNG, Answer, ask, in_seconds
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
    shows_pictures = True

    def __init__(
        self, server: str, token: str, room: str, thread: str = "", proxy: str = ""
    ) -> None:
        self._server = f"{server.rstrip('/')}/_matrix"
        self._base = f"{self._server}/client/v3/rooms/{quote(room, safe='')}"
        self._token = token
        self._thread = thread
        self._proxy = proxy

    def send(self, text: Text, key: str, *, is_silent: bool, picture: bytes | None = None) -> str:
        # There is no picture that does not ring.
        shown = self._upload(picture) if picture is not None and not is_silent else None
        content = _captioned(shown, text) if shown else _said(text, is_silent=is_silent)
        if self._thread:
            content["m.relates_to"] = _in_thread(self._thread)
        return self._put(content, key)

    def edit(self, remote_id: str, text: Text, key: str) -> None:
        shown = self._shown(remote_id)
        new = _captioned(shown, text) if shown else _said(text, is_silent=True)
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

    def _upload(self, picture: bytes) -> dict[str, Any] | None:
        """Return the picture as events name it; None where the server does not take it."""
        answer = self._ask("POST", f"{self._server}/media/v3/upload?filename={NAME}", picture)
        address = answer.body.get("content_uri")
        if answer.status != OK or not isinstance(address, str):
            return None
        # Where a PNG says how large it is; clients make room by it.
        width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
        info = {"mimetype": PNG, "size": len(picture), "w": width, "h": height}
        return {"url": address, "info": info}

    def _shown(self, remote_id: str) -> dict[str, Any] | None:
        """Return the picture of a message that was sent; None for one of text alone."""
        answer = self._ask("GET", f"{self._base}/event/{quote(remote_id, safe='')}")
        if answer.status == TOO_MANY or answer.status >= 500:
            raise Passing(f"Matrix answered {answer.status}.", answer.retry_after)
        content = answer.body.get("content")
        if not isinstance(content, dict) or content.get("msgtype") != "m.image":
            return None
        return {"url": content.get("url"), "info": content.get("info")}

    def _ask(self, method: str, url: str, content: dict[str, Any] | bytes | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}"}
        return ask(method, url, content, headers=headers, proxy=self._proxy)

    def _put(self, content: dict[str, Any], key: str) -> str:
        url = f"{self._base}/send/m.room.message/{quote(key, safe='')}"
        answer = self._ask("PUT", url, content)
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


def _captioned(shown: dict[str, Any], text: Text) -> dict[str, Any]:
    # A name beside the body makes the body a caption.
    said = {"msgtype": "m.image", "body": text.body, "filename": NAME, "m.mentions": {}}
    return {**said, **shown}


def _in_thread(root: str) -> dict[str, Any]:
    return {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": root},
    }
