"""Ask a messenger's server, and never wait for it without an end."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from fleet.alerts.messengers.messenger import Passing

CONNECT_S = 5.0
READ_S = 10.0
WHOLE_S = 20.0
MAX_BYTES = 1_000_000
MAX_RETRY_AFTER_S = 24 * 3600
# The same for all: a name would tell of a region.
PNG, PICTURE_NAME = "image/png", "chart.png"


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the JSON object of the answer, empty for anything else."""

    status: int
    body: dict[str, Any]
    retry_after: timedelta | None = None


def ask(
    method: str,
    url: str,
    content: dict[str, Any] | bytes | None = None,
    *,
    picture: bytes | None = None,
    headers: dict[str, str] | None = None,
    proxy: str = "",
    read_s: float = READ_S,
) -> Answer:
    """Return the answer; raise Passing when none came in time. Redirections are not followed.

    `content` is sent as JSON, a PNG as it is, and with a `picture` as a form that holds it.
    Messages of httpx may hold the URL, and with it a token: only their class is told.
    """
    timeout = httpx.Timeout(CONNECT_S, read=read_s)
    deadline = time.monotonic() + WHOLE_S + read_s
    try:
        with (
            httpx.Client(timeout=timeout, proxy=proxy or None, trust_env=False) as client,
            client.stream(method, url, **_sent(content, picture, headers)) as response,
        ):
            body = _read(response, deadline)
            return Answer(response.status_code, _object(body), _retry_after(response))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Passing(f"The messenger's server did not answer ({type(error).__name__}).") from None


def _sent(
    content: dict[str, Any] | bytes | None, picture: bytes | None, headers: dict[str, str] | None
) -> dict[str, Any]:
    if isinstance(content, bytes):
        return {"content": content, "headers": {**(headers or {}), "Content-Type": PNG}}
    if content is None:
        return {"headers": headers}
    if picture is None:
        return {"json": content, "headers": headers}
    fields = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in content.items()
    }
    files = {"photo": (PICTURE_NAME, picture, PNG)}
    return {"data": fields, "files": files, "headers": headers}


def in_seconds(value: object) -> timedelta | None:
    """Return how long a server asks to wait, a day at most; None if it does not say."""
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    if not seconds > 0:
        return None
    return timedelta(seconds=min(seconds, MAX_RETRY_AFTER_S))


def _read(response: httpx.Response, deadline: float) -> bytes:
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Passing("The messenger's server answered at too great length.")
        if time.monotonic() > deadline:
            raise Passing("The messenger's server answered too slowly.")
    return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(response: httpx.Response) -> timedelta | None:
    return in_seconds(response.headers.get("retry-after"))
