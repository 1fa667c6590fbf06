"""What an SFTP server answers, read without believing any length that it names."""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass
from enum import IntEnum


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


def string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value
