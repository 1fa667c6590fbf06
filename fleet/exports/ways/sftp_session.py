"""SFTP version 3 on one SSH channel, as much of it as reading takes.

paramiko's own client leaves a thread behind for each transfer that breaks off, waits for as long as
a server sends anything, and holds what the server likes to send.
"""

from __future__ import annotations

import stat
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import count

from paramiko.channel import Channel
from paramiko.ssh_exception import SSHException

VERSION = 3
ANSWER_WITHIN_S = 60.0
LONGEST_MESSAGE = 2**20
# An unfinished block, an unfinished packet of SSH and the tail that a part file is not trusted for
# are fetched twice after a cut: 64 KiB in all.
BLOCK = 32 * 2**10
LEAST_BLOCK = 4 * 2**10
MOST_REQUESTS = 64
MOST_PER_READ = 2**20
TO_READ = 1


class Kind(IntEnum):
    INIT, VERSION, OPEN, CLOSE, READ = 1, 2, 3, 4, 5
    LSTAT, FSTAT, OPENDIR, READDIR, REALPATH = 7, 8, 11, 12, 16
    STATUS, HANDLE, DATA, NAME, ATTRIBUTES = 101, 102, 103, 104, 105


class Status(IntEnum):
    END, NO_SUCH_FILE, NO_RIGHT = 1, 2, 3


class Refused(Exception):
    """The server answered with this status; what it says beside may hold names."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class NotSftp(Exception):
    """The server answered what no SFTP server may."""


@dataclass(frozen=True)
class Attributes:
    """What a server tells of a file; None: it does not tell."""

    n_bytes: int | None = None
    mode: int | None = None
    modified_s: int | None = None

    @property
    def is_file(self) -> bool:
        return self.mode is not None and stat.S_ISREG(self.mode)

    @property
    def is_folder(self) -> bool:
        return self.mode is not None and stat.S_ISDIR(self.mode)


class Session:
    """Asks one server; whatever is raised, but Refused, leaves the session good for nothing.

    Raises Refused, NotSftp, TimeoutError, and ConnectionError when the line broke.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._numbers = count(1)
        self._received = bytearray()
        self._write(Kind.INIT, struct.pack(">I", VERSION))
        kind, message = self._read()
        if kind != Kind.VERSION or message.number() < VERSION:
            raise NotSftp

    def close(self) -> None:
        self._channel.close()

    def ask_of_path(self, kind: Kind, path: bytes) -> int:
        """Send LSTAT, OPENDIR or REALPATH and return the request's number."""
        return self._ask(kind, _string(path))

    def ask_to_open(self, path: bytes) -> int:
        return self._ask(Kind.OPEN, _string(path) + struct.pack(">II", TO_READ, 0))

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
                answer = self._answer(self._ask(Kind.READDIR, _string(handle)), Kind.NAME)
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

    def blocks(self, handle: bytes, begin: int, end: int) -> Iterator[bytes]:
        """Yield the file's bytes in order; Refused(END) when it is shorter than `end`."""
        asked: dict[int, tuple[int, int]] = {}
        arrived: dict[int, bytes] = {}
        unasked = begin
        while begin < end:
            while unasked < end and len(asked) + len(arrived) < MOST_REQUESTS:
                length = min(BLOCK, end - unasked)
                asked[self._ask_for(handle, unasked, length)] = unasked, length
                unasked += length
            if block := arrived.pop(begin, b""):
                begin += len(block)
                yield block
                continue
            offset, length, block = self._next_block(asked)
            arrived[offset] = block
            if rest := length - len(block):
                offset += len(block)
                asked[self._ask_for(handle, offset, rest)] = offset, rest

    def ends_at(self, handle: bytes, offset: int) -> Attributes | None:
        """Return the open file's attributes, or None when it goes on at `offset`."""
        reading, asking = self._ask_for(handle, offset, 1), self._ask(Kind.FSTAT, _string(handle))
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
        request = self._ask(Kind.CLOSE, _string(handle))
        try:
            self._answer(request, Kind.STATUS)
        except Refused:
            return

    def _next_block(self, asked: dict[int, tuple[int, int]]) -> tuple[int, int, bytes]:
        kind, answer = self._read()
        try:
            offset, length = asked.pop(answer.number())
        except KeyError:
            raise NotSftp from None
        block = answer.only(kind, Kind.DATA).string()
        if not 0 < len(block) <= length:
            raise NotSftp
        # Some servers give less than asked for, but this little only at a file's end.
        if len(block) < min(length, LEAST_BLOCK):
            raise Refused(Status.END)
        return offset, length, block

    def _ask_for(self, handle: bytes, offset: int, length: int) -> int:
        return self._ask(Kind.READ, _string(handle) + struct.pack(">QI", offset, length))

    def _ask(self, kind: Kind, body: bytes) -> int:
        request = next(self._numbers)
        self._write(kind, struct.pack(">I", request) + body)
        return request

    def _answer(self, request: int, kind: Kind) -> Message:
        """Return the answer to the eldest request without one."""
        received, answer = self._read()
        if answer.number() != request:
            raise NotSftp
        return answer.only(received, kind)

    def _write(self, kind: Kind, body: bytes) -> None:
        self._channel.settimeout(ANSWER_WITHIN_S)
        try:
            self._channel.sendall(struct.pack(">IB", len(body) + 1, kind) + body)
        except TimeoutError:
            raise
        except (OSError, SSHException, EOFError):
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
        while len(self._received) < n_bytes:
            self._channel.settimeout(max(until - time.monotonic(), 0.001))
            try:
                piece = self._channel.recv(MOST_PER_READ)
            except TimeoutError:
                raise
            except (OSError, SSHException, EOFError):
                piece = b""
            if not piece:
                raise ConnectionError
            self._received += piece


class Message:
    """What an answer holds, read from its beginning. Raises NotSftp when it holds less."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    def only(self, kind: int, wanted: Kind) -> Message:
        """Return the message if it is of the wanted kind; raise Refused when it is a refusal."""
        if kind == Kind.STATUS and (status := self.number()):
            raise Refused(status)
        if kind != wanted:
            raise NotSftp
        return self

    def number(self) -> int:
        return int(self._unpack(">I"))

    def string(self) -> bytes:
        length = self.number()
        begin, self._position = self._position, self._position + length
        if self._position > len(self._content):
            raise NotSftp
        return self._content[begin : self._position]

    def attributes(self) -> Attributes:
        flags = self.number()
        n_bytes = int(self._unpack(">Q")) if flags & 1 else None
        if flags & 2:
            self._unpack(">Q")
        mode = self.number() if flags & 4 else None
        modified_s = self._unpack(">xxxxI") if flags & 8 else None
        if flags & 0x8000_0000:
            for _ in range(2 * self.number()):
                self.string()
        return Attributes(n_bytes, mode, modified_s)

    def _unpack(self, form: str) -> int:
        try:
            (value,) = struct.unpack_from(form, self._content, self._position)
        except struct.error:
            raise NotSftp from None
        self._position += struct.calcsize(form)
        return int(value)


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value
