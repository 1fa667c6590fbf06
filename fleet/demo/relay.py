"""A TCP relay that delays and fails on command: the wide-area network of tests and benches."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from functools import cache
from typing import Any, Literal, TypeVar, cast

from fleet.demo.servers import LOOPBACK, free_port

Mode = Literal["pass", "refuse", "silent", "mute"]
Result = TypeVar("Result")
# What one direction may hold before its sender is stopped, as a socket's buffer would.
WINDOW_BYTES = 4 * 1024 * 1024


class Relay:
    """Forwards a loopback port to a target; all relays of a process share one thread.

    `delay` is seconds one way, half of the round trip; opening a connection costs its own round
    trip. `mode` is one of:

    - pass: forwards;
    - refuse: nothing listens, connections that are open go on;
    - silent: accepts and never forwards, connections that are open go on;
    - mute: silent, and open connections stop forwarding but stay open, as when a line is cut.

    Back in pass, what was held is delivered, as TCP would do when the line is whole again.
    """

    def __init__(
        self,
        target_host: str,
        target_port: int,
        *,
        listen_host: str = LOOPBACK,
        port: int | None = None,
        delay: float = 0,
    ) -> None:
        self.target = (target_host, target_port)
        self.host = listen_host
        self.port = port or free_port()
        self.delay = delay
        self.bytes_to_target = 0
        self.bytes_from_target = 0
        self.links: set[Link] = set()
        self.loop = _shared_loop()
        self._mode: Mode = "pass"
        self._server: asyncio.Server | None = None

    def start(self) -> None:
        """Listen; connections are accepted on return."""
        self._run(self._listen())

    def stop(self) -> None:
        """Stop listening and reset every connection."""
        self._run(self._close())
        self.cut()

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._run(self._change(mode))

    def cut(self) -> int:
        """Reset every open connection at both ends and return how many there were."""
        return self._run(self._cut())

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(timeout=5)
        finally:
            future.cancel()

    async def _listen(self) -> None:
        self._server = await self.loop.create_server(
            lambda: Link(self).near, self.host, self.port, backlog=512
        )

    async def _close(self) -> None:
        if self._server is None:
            return
        for listening in self._server.sockets:
            self.loop.remove_reader(listening)
        # What was accepted just now becomes a link in the loop's next turns; a server that is
        # closed by then would leave it open for nobody.
        for _turn in range(3):
            await asyncio.sleep(0)
        self._server.close()
        self._server = None

    async def _change(self, mode: Mode) -> None:
        self._mode = mode
        if mode == "refuse":
            await self._close()
        elif self._server is None:
            await self._listen()
        for link in list(self.links):
            link.apply(mode)

    async def _cut(self) -> int:
        cut = list(self.links)
        for link in cut:
            link.abort()
        return len(cut)


class Link:
    """One client's connection and the one made for it to the target."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.loop = relay.loop
        self.opened_at = self.loop.time()
        self.near = End(self)
        self.far = End(self)
        self.is_held = False
        self._dialling: asyncio.Task[None] | None = None

    def opened(self) -> None:
        """Dial the target when the client is there, as soon as the mode allows."""
        self.relay.links.add(self)
        self.apply(self.relay.mode)

    def apply(self, mode: Mode) -> None:
        """Hold or release what flows; a link that is already dialled goes on when silent."""
        is_dialled = self._dialling is not None
        self.is_held = mode == "mute" or (mode != "pass" and not is_dialled)
        if not self.is_held and not is_dialled:
            self._dialling = self.loop.create_task(self._dial())
        self.near.flow()
        self.far.flow()

    async def _dial(self) -> None:
        try:
            await self.loop.create_connection(lambda: self.far, *self.relay.target)
        except OSError:
            self.abort()

    def due(self, sender: End) -> float:
        """Return when what was sent now arrives; nothing is sent before the handshake is over."""
        delay = self.relay.delay
        shaken_hands = self.opened_at + delay * (2 if sender is self.near else 1)
        return max(self.loop.time(), shaken_hands) + delay

    def count(self, sender: End, n_bytes: int) -> None:
        if sender is self.near:
            self.relay.bytes_to_target += n_bytes
        else:
            self.relay.bytes_from_target += n_bytes

    def abort(self) -> None:
        """Reset both ends."""
        self.relay.links.discard(self)
        for end in (self.near, self.far):
            if end.transport is not None:
                end.reset()

    def close(self) -> None:
        """Close both ends after what is still to be written."""
        self.relay.links.discard(self)
        for end in (self.near, self.far):
            if end.transport is not None:
                end.transport.close()

    def other(self, end: End) -> End:
        return self.far if end is self.near else self.near


class End(asyncio.Protocol):
    """One end of a link. What it receives waits in `queue` until it is due at the other end."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.transport: asyncio.Transport | None = None
        self.queue: deque[tuple[float, bytes | None]] = deque()
        self.n_queued = 0
        self.can_write = True
        self.has_ended = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self is self.link.near:
            self.link.opened()
        elif self.link not in self.link.relay.links:
            self.reset()
        else:
            self.link.other(self).flow()

    def reset(self) -> None:
        """Close at once, with a reset instead of an orderly end."""
        assert self.transport is not None
        if not self.transport.is_closing():
            tcp = self.transport.get_extra_info("socket")
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        self.queue.append((self.link.due(self), data))
        self.n_queued += len(data)
        self.flow()

    def eof_received(self) -> bool:
        self.queue.append((self.link.due(self), None))
        self.flow()
        return True

    def connection_lost(self, _exc: Exception | None) -> None:
        """Pass a reset on; an orderly end came through the queue before."""
        self.link.abort()

    def pause_writing(self) -> None:
        self.can_write = False

    def resume_writing(self) -> None:
        self.can_write = True
        self.link.other(self).flow()

    def flow(self) -> None:
        """Deliver what is due, set the timer for the rest, and stop or resume reading."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        receiver = self.link.other(self)
        now = self.link.loop.time()
        while self._may_deliver(receiver) and self.queue and self.queue[0][0] <= now:
            self._deliver(receiver, self.queue.popleft()[1])
        if self._may_deliver(receiver) and self.queue:
            self._timer = self.link.loop.call_at(self.queue[0][0], self.flow)
        self._read_or_pause()

    def _may_deliver(self, receiver: End) -> bool:
        return not self.link.is_held and receiver.transport is not None and receiver.can_write

    def _deliver(self, receiver: End, data: bytes | None) -> None:
        assert receiver.transport is not None
        if receiver.transport.is_closing():
            return
        if data is not None:
            self.n_queued -= len(data)
            self.link.count(self, len(data))
            receiver.transport.write(data)
        else:
            with suppress(OSError):  # the receiver may have reset the connection just now
                receiver.transport.write_eof()
            self.has_ended = True
            if receiver.has_ended:
                self.link.close()

    def _read_or_pause(self) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        if self.link.is_held or self.n_queued > WINDOW_BYTES:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()


@cache
def _shared_loop() -> asyncio.AbstractEventLoop:
    """Return the loop of the relays' thread, started at first use."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="relays", daemon=True).start()
    return loop
