"""SFTP version 3 on one SSH channel, as much of it as reading takes.

paramiko's own client leaves a thread behind for each transfer that breaks off, waits for as long as
a server sends anything, and holds what the server likes to send.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from itertools import count

from paramiko.channel import Channel

from fleet.exports.ways.sftp_messages import (
    Attributes,
    Kind,
    Message,
    NotSftp,
    Refused,
    Status,
    string,
)
from fleet.exports.ways.streams import BROKEN, receive

VERSION = 3
ANSWER_WITHIN_S = 60.0
LONGEST_MESSAGE = 2**20
# OpenSSH's servers of all ages give as much at once.
BLOCK = 64 * 2**10
LEAST_BLOCK = 4 * 2**10
MOST_REQUESTS, AT_ONCE = 64, 8
MOST_PER_READ = 2**20
TO_READ = 1
# Of an answer to READ: its length, kind, request, and how many bytes follow.
HEAD = struct.Struct(">IBII")


class Session:
    """Asks one server; whatever is raised, but Refused, leaves the session good for nothing.

    Raises Refused, NotSftp, TimeoutError, and ConnectionError when the line broke.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._numbers = count(1)
        self._received = bytearray()
        self._write((Kind.INIT, struct.pack(">I", VERSION)))
        kind, message = self._read()
        if kind != Kind.VERSION or message.number() < VERSION:
            raise NotSftp

    def close(self) -> None:
        self._channel.close()

    def ask_of_path(self, kind: Kind, path: bytes) -> int:
        """Send LSTAT, OPENDIR or REALPATH and return the request's number."""
        return self._ask(kind, string(path))

    def ask_to_open(self, path: bytes) -> int:
        return self._ask(Kind.OPEN, string(path) + struct.pack(">II", TO_READ, 0))

    def attributes(self, request: int) -> Attributes:
        """Return the answer to LSTAT or FSTAT."""
        return self._answer(request, Kind.ATTRIBUTES).attributes()

    def handle(self, request: int) -> bytes:
        """Return the answer to OPEN or OPENDIR."""
        return self._answer(request, Kind.HANDLE).string()

    def real_path(self, request: int) -> bytes:
        """Return the answer to REALPATH."""
        answer = self._answer(request, Kind.NAME)
        if answer.number() != 1:
            raise NotSftp
        return answer.string()

    def entries(self, handle: bytes) -> Iterator[tuple[bytes, Attributes]]:
        """Yield what is in a folder, without itself and its parent."""
        while True:
            try:
                answer = self._answer(self._ask(Kind.READDIR, string(handle)), Kind.NAME)
            except Refused as refusal:
                if refusal.status == Status.END:
                    return
                raise
            n_entries = answer.number()
            if not n_entries:
                raise NotSftp
            for _ in range(n_entries):
                name, _long_name = answer.string(), answer.string()
                attributes = answer.attributes()
                if name not in {b".", b".."}:
                    yield name, attributes

    def content(self, handle: bytes, begin: int, end: int) -> Iterator[bytes]:
        """Yield the file's bytes in order as they come; Refused(END) when there are fewer."""
        asked: dict[int, tuple[int, int]] = {}
        early: dict[int, bytes] = {}
        unasked = begin
        while begin < end:
            if len(asked) + len(early) <= MOST_REQUESTS - AT_ONCE:
                upcoming = range(unasked, min(unasked + AT_ONCE * BLOCK, end), BLOCK)
                wanted = [(offset, min(BLOCK, end - offset)) for offset in upcoming]
                asked.update(zip(self._ask_for(handle, *wanted), wanted, strict=True))
                unasked += sum(length for _offset, length in wanted)
            if block := early.pop(begin, b""):
                begin += len(block)
                yield block
                continue
            offset, length, n_bytes = self._next_block(asked)
            if offset == begin:
                # Who waits for whole blocks has them fetched again when the line is cut.
                for piece in self._pieces(n_bytes):
                    begin += len(piece)
                    yield piece
            else:
                early[offset] = b"".join(self._pieces(n_bytes))
            if n_bytes < length:
                rest = offset + n_bytes, length - n_bytes
                [request] = self._ask_for(handle, rest)
                asked[request] = rest

    def ends_at(self, handle: bytes, offset: int) -> Attributes | None:
        """Return the open file's attributes, or None when it goes on at `offset`."""
        [reading] = self._ask_for(handle, (offset, 1))
        asking = self._ask(Kind.FSTAT, string(handle))
        try:
            self._answer(reading, Kind.DATA)
        except Refused as refusal:
            if refusal.status == Status.END:
                return self.attributes(asking)
            raise
        self.attributes(asking)
        return None

    def let_go(self, handle: bytes) -> None:
        """Close an open file or folder."""
        request = self._ask(Kind.CLOSE, string(handle))
        try:
            self._answer(request, Kind.STATUS)
        except Refused:
            return

    def _next_block(self, asked: dict[int, tuple[int, int]]) -> tuple[int, int, int]:
        """Return where the next block begins, how much was asked for and how much now follows."""
        until = time.monotonic() + ANSWER_WITHIN_S
        self._receive(HEAD.size, until)
        whole, kind, request, n_bytes = HEAD.unpack_from(self._received)
        if kind != Kind.DATA:
            kind, answer = self._read()
            answer.number()
            answer.only(kind, Kind.DATA)
        offset, length = asked.pop(request, (0, 0))
        if whole != HEAD.size - 4 + n_bytes or not 0 < n_bytes <= length:
            raise NotSftp
        # Some servers give less than asked for, but this little only at a file's end.
        if n_bytes < min(length, LEAST_BLOCK):
            raise Refused(Status.END)
        del self._received[: HEAD.size]
        return offset, length, n_bytes

    def _pieces(self, n_bytes: int) -> Iterator[bytes]:
        until = time.monotonic() + ANSWER_WITHIN_S
        while n_bytes:
            self._receive(1, until)
            piece = bytes(self._received[:n_bytes])
            del self._received[:n_bytes]
            n_bytes -= len(piece)
            yield piece

    def _ask_for(self, handle: bytes, *ranges: tuple[int, int]) -> list[int]:
        """Send READ for each (offset, length), together in one packet of SSH."""
        requests = [next(self._numbers) for _range in ranges]
        self._write(
            *(
                (Kind.READ, struct.pack(">I", request) + string(handle) + struct.pack(">QI", *one))
                for request, one in zip(requests, ranges, strict=True)
            )
        )
        return requests

    def _ask(self, kind: Kind, body: bytes) -> int:
        request = next(self._numbers)
        self._write((kind, struct.pack(">I", request) + body))
        return request

    def _answer(self, request: int, kind: Kind) -> Message:
        """Return the answer to the eldest request without one."""
        received, answer = self._read()
        if answer.number() != request:
            raise NotSftp
        return answer.only(received, kind)

    def _write(self, *messages: tuple[Kind, bytes]) -> None:
        self._channel.settimeout(ANSWER_WITHIN_S)
        try:
            self._channel.sendall(
                b"".join(struct.pack(">IB", len(body) + 1, kind) + body for kind, body in messages)
            )
        except TimeoutError:
            raise
        except BROKEN:
            raise ConnectionError from None

    def _read(self) -> tuple[int, Message]:
        until = time.monotonic() + ANSWER_WITHIN_S
        self._receive(4, until)
        (length,) = struct.unpack_from(">I", self._received)
        if not 5 <= length <= LONGEST_MESSAGE:
            raise NotSftp
        self._receive(4 + length, until)
        kind, message = self._received[4], Message(bytes(self._received[5 : 4 + length]))
        del self._received[: 4 + length]
        return kind, message

    def _receive(self, n_bytes: int, until: float) -> None:
        receive(self._channel, self._received, n_bytes, until, at_once=MOST_PER_READ)
