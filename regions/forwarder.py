"""The local side of a tunnel: a unix socket whose connections all end when the tunnel does.

`sshtunnel` does the listening. Three of its parts are replaced: it would connect by itself with a
time limit of 0.1 s and swallow the reason of a failure; its relay waits in select(), which breaks
from the 1024th file descriptor on; and it leaves accepted connections open when the far end dies.
"""

from __future__ import annotations

import logging
import select
import socket
import socketserver
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from paramiko import SSHException
from paramiko.channel import Channel
from sshtunnel import BaseSSHTunnelForwarderError, SSHTunnelForwarder

from regions.failures import Failure
from regions.models.collection import FailureKind
from regions.ssh import Address, SshConnection, open_channel

BACKLOG = 64
CHUNK = 32_768
IDLE_WAIT_MS = 60_000
# What sshtunnel says at INFO names users and addresses.
QUIET = logging.getLogger("sshtunnel")


class Forwarder(SSHTunnelForwarder):  # type: ignore[misc]
    """Listens on `local` and carries each connection to `target` behind the SSH connection.

    It owns the connection, which is logged in and has shown its pinned host key: `close` ends it.
    """

    _server_list: list[socketserver.UnixStreamServer]
    is_alive: bool

    def __init__(self, connection: SshConnection, local: Path, target: Address) -> None:
        self._connection = connection
        self._local = local
        self._target = target
        self._accepted: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_closed = False
        self.heard_at = time.monotonic()
        # Why the database could not be reached last time; None after a success.
        self.refusal: Failure | None = None
        super().__init__(
            connection.last.getpeername()[:2],
            ssh_config_file=None,
            allow_agent=False,
            host_pkey_directories=[],
            local_bind_address=str(local),
            remote_bind_address=target,
            set_keepalive=0.0,
            logger=QUIET,
        )

    def open(self) -> None:
        """Listen. Raises Failure(CENTER) when the socket cannot be made."""
        try:
            self._local.unlink(missing_ok=True)
            self.start()
            # Five connections may wait by default; libpq gives up at once when there is no room.
            self._server_list[0].socket.listen(BACKLOG)
        except (BaseSSHTunnelForwarderError, OSError):
            raise Failure(
                FailureKind.CENTER,
                f"The socket {self._local} cannot be made. May the tunnel keeper write there?",
            ) from None

    def close(self) -> None:
        """End every local connection at once, remove the socket, then end the SSH connection."""
        with self._lock:
            self._is_closed = True
            accepted = list(self._accepted)
        if self._server_list:
            self._local.unlink(missing_ok=True)
        for request in accepted:
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
        for server in self._server_list:
            # A server whose thread never began would wait for its end for ever.
            if self.is_alive:
                server.shutdown()
            server.server_close()
        self._server_list = []
        self.is_alive = False
        self._connection.close()

    def carry(self, request: socket.socket) -> None:
        """Carry bytes between an accepted connection and the target until either side ends."""
        with self._lock:
            if self._is_closed:
                return
            self._accepted.add(request)
        try:
            with closing(open_channel(self._connection.last, self._target)) as channel:
                self.refusal = None
                self._relay(request, channel)
        except Failure as failure:
            self.refusal = failure
        except (OSError, EOFError, SSHException):
            # One of the two sides is gone; to the other the end of its connection says so.
            pass
        finally:
            with self._lock:
                self._accepted.discard(request)

    def _relay(self, request: socket.socket, channel: Channel) -> None:
        poll = select.poll()
        poll.register(request, select.POLLIN)
        poll.register(channel, select.POLLIN)
        while not channel.closed:
            ready = {descriptor for descriptor, _event in poll.poll(IDLE_WAIT_MS)}
            if request.fileno() in ready:
                sent = request.recv(CHUNK)
                if not sent:
                    return
                channel.sendall(sent)
            if channel.fileno() in ready:
                received = channel.recv(CHUNK)
                if not received:
                    return
                self.heard_at = time.monotonic()
                request.sendall(received)

    def _connect_to_gateway(self) -> None:
        self._transport = self._connection.last

    def _consolidate_auth(self, **_unused: object) -> tuple[None, list[object]]:
        return None, []

    def _make_ssh_forward_handler_class(
        self, remote_address_: Address
    ) -> type[socketserver.BaseRequestHandler]:
        forwarder = self

        class Handler(socketserver.BaseRequestHandler):
            remote_address = remote_address_

            def handle(self) -> None:
                forwarder.carry(self.request)

        return Handler
