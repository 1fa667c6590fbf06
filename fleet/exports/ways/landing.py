"""Where an instance lands: a part file that becomes the target when it is whole and verified."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from fleet.exports.ways.pace import Pace
from fleet.exports.ways.way import Instance, Said, Trouble, WayFailed

LONGEST_INSTANCE = 4 * 2**30
CHUNK = 2**20
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def part_of(target: Path) -> Path:
    """Return the file that holds what has come of `target` so far."""
    return target.with_name(f"{target.name}.part")


class Landing:
    """Takes an instance's bytes; leaving the context without `finish` keeps the part file.

    With `resumes` it goes on after what the part file holds, else it begins anew. `source` names
    the source in what it raises: WayFailed of PROTOCOL, TIMEOUT or DISK_FULL.
    """

    def __init__(
        self, source: str, instance: Instance, target: Path, said: Said, *, resumes: bool = False
    ) -> None:
        self._source = source
        self._instance = instance
        self._target = target
        self._said = said
        self._pace = Pace(source)
        self._resumes = resumes
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._most = LONGEST_INSTANCE if instance.n_bytes is None else instance.n_bytes
        self.n_bytes = 0

    def __enter__(self) -> Self:
        part = part_of(self._target)
        if not self._resumes:
            part.unlink(missing_ok=True)
        try:
            # Mode "a+b" would read from the end; the file is ours alone.
            handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise self._blame(error) from None
        self._file = os.fdopen(handle, "r+b", buffering=0)
        if self._instance.md5:
            while piece := self._file.read(CHUNK):
                self._md5.update(piece)
        self.n_bytes = self._file.seek(0, os.SEEK_END)
        if self.n_bytes > self._most:
            self._begin_anew()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, piece: bytes) -> None:
        """Append a piece. Raises WayFailed when bytes are too many or come too slowly."""
        if self.n_bytes + len(piece) > self._most:
            self._begin_anew()
            raise WayFailed(
                Trouble.PROTOCOL,
                f"{self._source} sends more bytes of an instance than it announced or than are"
                " allowed. Check that server; nothing of the instance was kept.",
            )
        try:
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise self._blame(error) from None
        if self._instance.md5:
            self._md5.update(piece)
        self.n_bytes += len(piece)
        self._pace.heard(len(piece))
        self._said(len(piece))

    def finish(self) -> None:
        """Give the whole file its name. Raises WayFailed(PROTOCOL) when it is not what it was.

        Call it when the source says that this was all; nothing is kept of what is wrong.
        """
        if self._instance.n_bytes is not None and self.n_bytes < self._instance.n_bytes:
            n_sent = self.n_bytes
            self._begin_anew()
            raise WayFailed(
                Trouble.PROTOCOL,
                f"{self._source} sent {n_sent} bytes of an instance that has"
                f" {self._instance.n_bytes} by its own list. Check that server's storage.",
            )
        if self._instance.md5 and self._md5.hexdigest() != self._instance.md5.lower():
            self._begin_anew()
            raise WayFailed(
                Trouble.PROTOCOL,
                f"{self._source} sent an instance whose MD5 is not the one that it names."
                " Check that server's storage and the line.",
            )
        self._file.close()
        part_of(self._target).replace(self._target)

    def _begin_anew(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.n_bytes = 0

    def _blame(self, error: OSError) -> WayFailed:
        if error.errno in FULL:
            return WayFailed(
                Trouble.DISK_FULL,
                "No space is left in the export folder. Make room there, then resume the export.",
            )
        return WayFailed(
            Trouble.CONFIGURATION,
            f"The export folder cannot be written ({error.strerror})."
            " Give Fleet's worker the right to write there.",
        )
