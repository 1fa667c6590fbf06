"""The local sockets of direct paths, through which the center's PostgreSQL reads foreign tables.

A session of PostgreSQL that waits for a peer whose kernel answers and whose server does not can
neither be cancelled nor ended before version 17: the cancel waits for the same peer. So its
connection ends here, in a socket of ours that we can close. Towards the region the line is
encrypted where the region's server can, as libpq itself would do.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regions.failures import Failure
from regions.models import AccessPath
from regions.models.path import SOCKET_PORT
from regions.tunnels import share

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
QUIET_S = 4.0
PROBE_TIMEOUT_S = 5.0
CLOSE_WITHIN_S = 2.0
CHUNK = 65_536
BACKLOG = 64
USER_TIMEOUT_MS = 10_000
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
# AuthenticationSASL, and one of the mechanisms that it may offer.
SASL = (10).to_bytes(4, "big")
BOUND_LOGIN = b"SCRAM-SHA-256-PLUS\0"
# ReadyForQuery without its last byte, the state of the transaction: the server waits for us.
READY = b"Z\x00\x00\x00\x05"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Line:
    """One direct path as the loop needs it: nothing here touches the database."""

    path_id: int
    host: str
    port: int
    folder: Path

    @classmethod
    def of(cls, path: AccessPath) -> Line:
        return cls(path.pk, path.database_host, path.database_port, path.socket_folder)

    @property
    def socket(self) -> Path:
        return self.folder / f".s.PGSQL.{SOCKET_PORT}"


@dataclass
class Wire:
    """One connection through a line, and whether the region owes it an answer."""

    line: Line
    far: Streams
    heard_at: float
    tail: bytes = b""
    owes: bool = True

    def asked(self, now: float) -> None:
        if not self.owes:
            self.heard_at = now
        self.owes = True

    def heard(self, data: bytes, now: float) -> None:
        self.tail = (self.tail + data)[-6:]
        self.owes = self.tail[:5] != READY
        self.heard_at = now


class DirectLines(threading.Thread):
    """Serves all direct paths from one loop. `follow` and `close` are called by other threads."""

    def __init__(self) -> None:
        super().__init__(name="direct lines", daemon=True)
        self._loop = asyncio.new_event_loop()
        self._servers: dict[Line, asyncio.Server] = {}
        self._carried: dict[asyncio.Task[None], Line] = {}
        self._is_closed = False

    def run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def follow(self, lines: Iterable[Line]) -> None:
        """Listen for these lines and for no others."""
        wanted = set(lines)
        if self._is_closed or wanted == set(self._servers):
            return
        work = asyncio.run_coroutine_threadsafe(self._follow(wanted), self._loop)
        try:
            work.result(CLOSE_WITHIN_S)
        except TimeoutError:
            work.cancel()
            log.warning("The sockets of the direct paths are not as they should be yet.")

    def close(self) -> None:
        """End every connection and remove the sockets."""
        self.follow(())
        self._is_closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join(CLOSE_WITHIN_S)

    async def _follow(self, wanted: set[Line]) -> None:
        ended = [task for task, line in self._carried.items() if line not in wanted]
        for task in ended:
            task.cancel()
        for line in set(self._servers) - wanted:
            self._servers.pop(line).close()
            with suppress(OSError):
                line.socket.unlink(missing_ok=True)
                line.folder.rmdir()
        if ended:
            await asyncio.wait(ended, timeout=CLOSE_WITHIN_S / 2)
        for line in wanted - set(self._servers):
            try:
                self._servers[line] = await self._listen(line)
            except (OSError, Failure) as error:
                log.warning("%s: no socket for this direct path: %s", line.folder.name, error)

    async def _listen(self, line: Line) -> asyncio.Server:
        line.folder.mkdir(parents=True, exist_ok=True)
        share(line.folder, 0o750, 0o711)
        line.socket.unlink(missing_ok=True)

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._carried[task] = line
                task.add_done_callback(lambda done: self._carried.pop(done, None))
            # asyncio tells a cancelled connection to the log as an error, with a traceback.
            with suppress(asyncio.CancelledError):
                await carry_one(line, (reader, writer))
            writer.transport.abort()

        server = await asyncio.start_unix_server(carry, line.socket, backlog=BACKLOG)
        share(line.socket, 0o660, 0o666)
        return server


async def carry_one(line: Line, near: Streams) -> None:
    """Carry one connection until either side ends it or the region goes mute; `near` stays open."""
    try:
        far = await open_far(line)
    except (OSError, TimeoutError, EOFError):
        return
    wire = Wire(line, far, asyncio.get_running_loop().time())
    works = [
        asyncio.ensure_future(work) for work in (up(wire, near), down(wire, near), watch(wire))
    ]
    try:
        await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for work in works:
            work.cancel()
        far[1].transport.abort()
        await asyncio.gather(*works, return_exceptions=True)


async def open_far(line: Line) -> Streams:
    """Return a stream to the region's server, encrypted where it can. Raises OSError and such."""
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(line.host, line.port)
        try:
            wire = writer.get_extra_info("socket")
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
            writer.write(SSL_REQUEST)
            if await reader.readexactly(1) == b"S":
                await writer.start_tls(unverified_tls(), server_hostname=line.host)
        except BaseException:
            writer.transport.abort()
            raise
    return reader, writer


def unverified_tls() -> ssl.SSLContext:
    """Return what libpq's sslmode=prefer does: encryption, without a check of the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def up(wire: Wire, near: Streams) -> None:
    while data := await near[0].read(CHUNK):
        wire.asked(asyncio.get_running_loop().time())
        wire.far[1].write(data)
        await wire.far[1].drain()


async def down(wire: Wire, near: Streams) -> None:
    if wire.far[1].get_extra_info("ssl_object"):
        near[1].write(await unbound_offer(wire.far[0]))
    while data := await wire.far[0].read(CHUNK):
        wire.heard(data, asyncio.get_running_loop().time())
        near[1].write(data)
        await near[1].drain()


async def unbound_offer(far: asyncio.StreamReader) -> bytes:
    """Return the server's first message, without the login that is bound to the encryption.

    The encryption ends here, so PostgreSQL cannot prove that it knows it, and libpq takes the offer
    on its unencrypted socket for an attack.
    """
    head = await far.readexactly(5)
    body = await far.readexactly(int.from_bytes(head[1:], "big") - 4)
    if head[:1] == b"R" and body[:4] == SASL:
        body = body.replace(BOUND_LOGIN, b"", 1)
    return head[:1] + (len(body) + 4).to_bytes(4, "big") + body


async def watch(wire: Wire) -> None:
    """Return when the region owes an answer and its server greets no newcomer either."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(1)
        asked_at = loop.time()
        if not wire.owes or asked_at - wire.heard_at < QUIET_S:
            continue
        if not await greets(wire.line) and wire.heard_at < asked_at:
            return


async def greets(line: Line) -> bool:
    """Say whether the server at the line's end answers a newcomer within PROBE_TIMEOUT_S."""
    try:
        _reader, writer = await open_far(line)
    except (OSError, TimeoutError, EOFError):
        return False
    writer.transport.abort()
    return True
