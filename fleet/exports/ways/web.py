"""HTTP to an archive in a region's network: every wait and size has a limit, nothing redirects."""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore

from fleet.exports.ways.lookup import wanted
from fleet.exports.ways.pace import Pace
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.streams import BROKEN, hang_up, is_readable
from fleet.exports.ways.tls import Certificate, TlsStream
from fleet.exports.ways.way import StudyKey, Trouble, WayFailed
from regions.ssh import Wire

# At DEBUG it writes every path, and paths name studies.
logging.getLogger("httpcore").setLevel(logging.INFO)

TIMEOUT_S = 60.0
TIMEOUTS = {"connect": 20.0, "read": TIMEOUT_S, "write": TIMEOUT_S, "pool": TIMEOUT_S}
# Orthanc closes a connection one second after its last answer.
IDLE_S = 0.8
# The library asks for less at a time, and takes more; what is much longer costs pages of memory.
READ_BYTES = 2**18
LONGEST_ANSWER = 64 * 2**20
ANSWER_WITHIN_S = 300.0
OK, NO_CONTENT, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 204, 401, 403, 404
BUSY = {429, 502, 503, 504}
NUMBER = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class WebSource:
    """One archive as the region's network sees it; `name` is for people."""

    name: str
    host: str
    port: int
    base_path: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    lookup_tag: str = ""  # the attribute that holds the study_ref, "0008,0050"; empty: by UID
    certificate: Certificate | None = None  # by what it is known; None: plain HTTP

    def __str__(self) -> str:
        return f"The study source {self.name}"

    def wanted(self, key: StudyKey) -> str:
        """Return the value to look the study up by. Raises WayFailed(CONFIGURATION)."""
        return wanted(str(self), self.lookup_tag, key)


class Web:
    """Requests to one source over connections that stay open. Any number of threads may use it."""

    def __init__(self, reach: Reach, source: WebSource, n_connections: int) -> None:
        self._source = source
        self._pool = httpcore.ConnectionPool(
            network_backend=_Backend(reach, source),
            max_connections=n_connections,
            keepalive_expiry=IDLE_S,
        )
        host = f"{source.host}:{source.port}"
        self._headers = [("Host", host), ("Accept-Encoding", "identity")]
        if source.username:
            login = f"{source.username}:{source.password}".encode()
            secret = base64.b64encode(login).decode()
            self._headers.append(("Authorization", f"Basic {secret}"))

    def close(self) -> None:
        self._pool.close()

    def json(self, method: str, path: str, body: str = "") -> Any:
        """Return what the answer's JSON holds; None when nothing is there (204 or 404).

        Raises WayFailed.
        """
        text = self.text(method, path, body)
        if text is None:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self.nonsense() from None

    def text(self, method: str, path: str, body: str = "") -> bytes | None:
        """Return a whole answer; None when nothing is there (204 or 404). Raises WayFailed."""
        until = time.monotonic() + ANSWER_WITHIN_S
        whole = bytearray()
        with self.answer(method, path, body, "application/dicom+json, application/json, */*") as it:
            if it.status in {NO_CONTENT, NOT_FOUND}:
                return None
            for piece in it.pieces:
                whole += piece
                if len(whole) > LONGEST_ANSWER or time.monotonic() > until:
                    raise WayFailed(
                        Trouble.PROTOCOL,
                        f"{self._source} does not come to an end of its list. Check that server.",
                    )
        return bytes(whole)

    @contextmanager
    def answer(
        self, method: str, path: str, body: str = "", accept: str = "*/*"
    ) -> Iterator[Answer]:
        """Yield the answer with status 200, 204 or 404 before its content came.

        Raises WayFailed for every other status and for whatever breaks within the context.
        """
        try:
            response = self._send(method, path, body, accept)
            try:
                yield self._checked(response)
            finally:
                response.close()
        except httpcore.TimeoutException:
            raise WayFailed(
                Trouble.TIMEOUT,
                f"{self._source} does not answer within {TIMEOUT_S:.0f} s."
                " Check that server and the line.",
            ) from None
        except httpcore.NetworkError:
            raise self._broken() from None
        except httpcore.ProtocolError as error:
            # The library has one class for an answer cut short and for no HTTP at all.
            raise self._broken() if "without sending" in str(error) else self.nonsense() from None

    def number(self, value: object) -> int:
        """Return a number that an answer's JSON holds, maybe as text. Raises WayFailed."""
        if not NUMBER.fullmatch(str(value)):
            raise self.nonsense()
        return int(str(value))

    def nonsense(self) -> WayFailed:
        """Return the failure for an answer that cannot be understood."""
        return WayFailed(
            Trouble.PROTOCOL,
            f"{self._source} answers something else than its kind of server does."
            " Check its kind, host, port and path.",
        )

    def ambiguous(self) -> WayFailed:
        """Return the failure for a reference that several studies have."""
        return WayFailed(
            Trouble.CONFIGURATION,
            f"{self._source} has more than one study with this reference."
            " Look studies up by an attribute that is unique there, or by UID.",
        )

    def objects(self, answer: object) -> list[dict[str, Any]]:
        """Return the objects that an answer lists. Raises WayFailed."""
        if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
            raise self.nonsense()
        return answer

    def gone(self) -> WayFailed:
        """Return the failure for what the source had a moment ago."""
        return WayFailed(
            Trouble.GONE,
            f"{self._source} does not have the study any more: it was deleted meanwhile."
            " Ask the region whether it can be restored.",
        )

    def _send(self, method: str, path: str, body: str, accept: str) -> httpcore.Response:
        content = body.encode()
        url = httpcore.URL(
            # The stream has its TLS already.
            scheme=b"http",
            host=self._source.host.encode(),
            port=self._source.port,
            target=(self._source.base_path.rstrip("/") + path).encode(),
        )
        request = httpcore.Request(
            method,
            url,
            headers=[
                *self._headers,
                ("Accept", accept),
                ("Content-Length", str(len(content))),
            ],
            content=content,
            extensions={"timeout": TIMEOUTS},
        )
        try:
            return self._pool.handle_request(request)
        except (httpcore.ReadError, httpcore.RemoteProtocolError):
            # The server closed the idle connection while the request was on its way.
            return self._pool.handle_request(request)

    def _checked(self, response: httpcore.Response) -> Answer:
        status = response.status
        headers = {name.lower().decode("latin-1"): value for name, value in response.headers}
        if status in {OK, NO_CONTENT, NOT_FOUND}:
            if headers.get("content-encoding", b"identity") != b"identity":
                raise self.nonsense()
            content_type = headers.get("content-type", b"").decode("latin-1")
            return Answer(status, content_type, response.iter_stream())
        if status in {UNAUTHORIZED, FORBIDDEN}:
            raise WayFailed(
                Trouble.AUTH,
                f"{self._source} refuses the login ({status})."
                " Set the user and password of the source, or give that user the right there.",
            )
        if status // 100 == 3:
            raise WayFailed(
                Trouble.CONFIGURATION,
                f"{self._source} points to another address ({status}), which is not followed."
                " Set host, port and path of the source to where the archive answers itself.",
            )
        raise WayFailed(
            Trouble.LINK if status in BUSY else Trouble.PROTOCOL,
            f"{self._source} answers with the error {status}. Read that server's log.",
        )

    def _broken(self) -> WayFailed:
        return WayFailed(
            Trouble.LINK,
            f"{self._source} broke off the connection, or the line did. It is tried again.",
        )


@dataclass(frozen=True)
class Answer:
    """The head of an answer and its content as it comes."""

    status: int
    content_type: str
    pieces: Iterator[bytes]


class _Backend(httpcore.NetworkBackend):
    def __init__(self, reach: Reach, source: WebSource) -> None:
        self._reach = reach
        self._source = source

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 (the library's signature)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        certificate = self._source.certificate
        stream = self._reach.stream(host, port, timeout or TIMEOUT_S, certificate)
        return _Stream(stream, Pace(str(self._source)))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: Wire | TlsStream, pace: Pace) -> None:
        self._stream = stream
        self._pace = pace

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._stream.settimeout(timeout)
            received = self._stream.recv(max(max_bytes, READ_BYTES))
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except BROKEN as error:
            raise httpcore.ReadError from error
        self._pace.heard(len(received))
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._pace.rest()
        try:
            self._stream.settimeout(timeout)
            self._stream.sendall(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except BROKEN as error:
            raise httpcore.WriteError from error

    def close(self) -> None:
        hang_up(self._stream)

    def get_extra_info(self, info: str) -> Any:
        """Say of "is_readable" whether the far end has closed or said something unasked."""
        if info != "is_readable":
            return None
        if isinstance(self._stream, TlsStream):
            return self._stream.is_readable()
        return is_readable(self._stream)
