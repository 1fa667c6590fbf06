"""A chat of Telegram on loopback: the Bot API as far as Fleet uses it, and its ways of failing."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fleet.demo.servers import LOOPBACK

TOKEN = "4711:a-token-for-tests"


@dataclass
class Chat:
    """`texts` is what the chat reads now, captions too; `sent` all that made a new message."""

    texts: dict[int, str] = field(default_factory=dict)
    pictures: dict[int, bytes] = field(default_factory=dict)
    keyboards: dict[int, list[list[dict[str, str]]]] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)

    def first_messages(self) -> list[str]:
        """Return the texts of messages that answer no other, as they were sent."""
        return [one["text"] for one in self.sent if "reply_parameters" not in one]


class BotApi:
    """`faults` are used up one a call: a status, "lost" (nothing is done, the line is cut), or
    "half" (all is done, and the line is cut within the answer)."""

    def __init__(self) -> None:
        self.chat = Chat()
        self.faults: deque[int | str] = deque()
        self.updates: deque[dict[str, Any]] = deque()
        self.retry_after = 1
        self.takes_s = 0.0
        self.takes_pictures = True
        self.calls: list[str] = []
        self.lock = threading.Lock()
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = ThreadingHTTPServer((LOOPBACK, self._port), handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Be down: connections are refused until `start`."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def do(self, method: str, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Do what a method asks for; return the status and the answer."""
        time.sleep(self.takes_s)
        with self.lock:
            self.calls.append(method)
            deed = getattr(self, f"_{method}", None)
            answer = deed(content) if deed else (404, refusal(404, "Not Found"))
        time.sleep(self.takes_s)
        return answer

    def _sendMessage(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:  # noqa: N802
        number = len(self.chat.sent) + 1
        self.chat.sent.append({**content, "at": time.monotonic()})
        self.chat.texts[number] = content["text"]
        self.chat.keyboards[number] = content["reply_markup"]["inline_keyboard"]
        return done({"message_id": number})

    def _sendPhoto(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:  # noqa: N802
        if not self.takes_pictures:
            return 400, refusal(400, "Bad Request: not enough rights to send photos to the chat")
        self.chat.pictures[len(self.chat.sent) + 1] = content.pop("photo")
        return self._sendMessage({**content, "text": content.pop("caption")})

    def _editMessageText(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:  # noqa: N802
        if content["message_id"] in self.chat.pictures:
            return 400, refusal(400, "Bad Request: there is no text in the message to edit")
        return self._edit(content, content["text"])

    def _editMessageCaption(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:  # noqa: N802
        return self._edit(content, content["caption"])

    def _edit(self, content: dict[str, Any], text: str) -> tuple[int, dict[str, Any]]:
        number = content["message_id"]
        if number not in self.chat.texts:
            return 400, refusal(400, "Bad Request: message to edit not found")
        keyboard = content["reply_markup"]["inline_keyboard"]
        if (self.chat.texts[number], self.chat.keyboards[number]) == (text, keyboard):
            return 400, refusal(400, "Bad Request: message is not modified: specified new message")
        self.chat.texts[number], self.chat.keyboards[number] = text, keyboard
        return done({"message_id": number})

    def _answerCallbackQuery(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:  # noqa: N802
        self.chat.answers.append(content)
        return done(True)

    def _getUpdates(self, content: dict[str, Any]) -> tuple[int, dict[str, Any]]:  # noqa: N802
        return done([one for one in self.updates if one["update_id"] >= content["offset"]])


def done(result: object) -> tuple[int, dict[str, Any]]:
    return 200, {"ok": True, "result": result}


def refusal(status: int, description: str, **parameters: object) -> dict[str, Any]:
    return {
        "ok": False,
        "error_code": status,
        "description": description,
        "parameters": parameters,
    }


WORDS = {
    401: "Unauthorized",
    403: "Forbidden: bot was kicked from the supergroup chat",
    404: "Not Found",
    429: "Too Many Requests: retry later",
    500: "Internal Server Error",
}


def _of_form(text: str) -> Any:
    """Return a field of a form: JSON, or the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


class _Handler(BaseHTTPRequestHandler):
    api: BotApi

    def do_POST(self) -> None:
        content = self._content(self.rfile.read(int(self.headers["content-length"])))
        _empty, bot, method = self.path.split("/")
        with self.api.lock:
            fault = self.api.faults.popleft() if self.api.faults else None
        if fault == "lost":
            self.close_connection = True
            return
        if isinstance(fault, int):
            after = {"retry_after": self.api.retry_after} if fault == 429 else {}
            self._answer(fault, refusal(fault, WORDS[fault], **after))
        elif bot != f"bot{TOKEN}":
            self._answer(401, refusal(401, "Unauthorized"))
        else:
            self._answer(*self.api.do(method, content), is_cut=fault == "half")

    def _content(self, body: bytes) -> dict[str, Any]:
        """Return what was sent as JSON, or as a form with a picture."""
        kind = self.headers["content-type"]
        if not kind.startswith("multipart/form-data"):
            return dict(json.loads(body))
        form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        content: dict[str, Any] = {}
        for part in form.get_payload():
            name = part.get_param("name", header="content-disposition")
            raw = part.get_payload(decode=True)
            content[name] = raw if name == "photo" else _of_form(raw.decode())
        return content

    def _answer(self, status: int, body: dict[str, Any], *, is_cut: bool = False) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text[: len(text) // 2] if is_cut else text)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
