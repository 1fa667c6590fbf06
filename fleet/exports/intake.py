"""A zip that came from a region, unpacked under names of our own within limits."""

from __future__ import annotations

import shutil
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fleet.exports.ends import End

CHUNK = 1 << 20


class ArchiveRefused(Exception):
    """Nothing of the archive was kept; `end` says why."""

    def __init__(self, end: End, text: str) -> None:
        super().__init__(text)
        self.end = end


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may become. Images shrink to a tenth at best, bombs to a thousandth."""

    entries: int = 20_000
    total_bytes: int = 20 * 1024**3
    ratio: int = 100


def unpack(archive: Path, folder: Path, limits: ArchiveLimits | None = None) -> list[Path]:
    """Write each file of the zip to `folder` as 000001, 000002 … and return them in that order.

    Names in the archive are looked at but never used. Raises ArchiveRefused; the folder, which must
    not exist yet, is gone then, as after any other error.
    """
    folder.mkdir(mode=0o700)
    try:
        return _unpack(archive, folder, limits or ArchiveLimits())
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ArchiveRefused(End.MALFORMED, "The archive is not a readable zip.") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _unpack(archive: Path, folder: Path, limits: ArchiveLimits) -> list[Path]:
    left = min(limits.total_bytes, limits.ratio * max(archive.stat().st_size, CHUNK))
    files: list[Path] = []
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        if len(entries) > limits.entries:
            raise ArchiveRefused(End.TOO_BIG, f"The archive has {len(entries)} entries.")
        for entry in entries:
            _check_name(entry)
            if entry.is_dir():
                continue
            files.append(folder / f"{len(files) + 1:06d}")
            left -= _copy(opened, entry, files[-1], left)
    return files


def _copy(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Return how many bytes were written; the size that the entry states is not believed."""
    written = 0
    with opened.open(entry) as source, target.open("xb") as file:
        while part := source.read(CHUNK):
            written += len(part)
            if written > most:
                raise ArchiveRefused(End.TOO_BIG, "The archive becomes too big when unpacked.")
            file.write(part)
    return written


def _check_name(entry: zipfile.ZipInfo) -> None:
    """Refuse the whole archive for one name that wants out: its maker is no friend."""
    name = entry.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    wants_out = name.startswith("/") or ".." in parts or ":" in name or "\0" in entry.orig_filename
    if is_link or wants_out:
        raise ArchiveRefused(End.MALFORMED, "The archive has a link, or a name that leads outside.")
