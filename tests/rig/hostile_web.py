"""An HTTP server that answers just what a test tells it, be it HTTP or not."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import cast

from fleet.demo.servers import LOOPBACK

Script = Callable[[str], Iterable[bytes]]
MOST_PER_READ = 65_536


def answer(content: bytes, status: str = "200 OK", *, headers: str = "") -> bytes:
    """Return a well-formed answer; `headers` are whole lines with \\r\\n at their ends."""
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


class HostileWeb:
    """`script(path)` gives the pieces that answer a request; at their end the connection stays."""

    def __init__(self, script: Script) -> None:
        self.paths: list[str] = []

        class Handler(socketserver.BaseRequestHandler):
            def handle(_self) -> None:  # noqa: N805 (the server is `self`)
                request = b""
                while piece := _self.request.recv(MOST_PER_READ):
                    request += piece
                    head, blank, body = request.partition(b"\r\n\r\n")
                    if not blank or len(body) < _length(head):
                        continue
                    request = b""
                    path = head.split(b" ", 2)[1].decode()
                    self.paths.append(path)
                    for part in script(path):
                        _self.request.sendall(part)
                        if part == b"":
                            return

            def finish(_self) -> None:  # noqa: N805
                with suppress(OSError):
                    _self.request.close()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: object, client_address: object) -> None:
                """Say nothing: the client hung up, as it should."""

        self._server = Server((LOOPBACK, 0), Handler)
        self.port = cast(int, self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0
