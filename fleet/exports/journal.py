"""What of a study has come, in a folder of its own that a kill at any moment leaves usable.

An instance's file gets its name when it is whole and verified, so what is here is what has a name.
The list of instances tells which number which instance has; it is replaced as a whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fleet.exports.ways.landing import part_of
from fleet.exports.ways.way import Instance

LIST = "instances.json"
COMPLETE = "complete.json"
FACTS = "facts.json"

Key = tuple[str, int | None, str]


class Journal:
    """One study's folder. `source` names where it comes from: another source begins anew."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self._source = source
        known = read_json(folder / LIST)
        if known is None or known["source"] != source:
            shutil.rmtree(folder, ignore_errors=True)
            known = {"source": source, "instances": []}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._numbers: dict[Key, int] = {
            (name, size, md5): number
            for number, (name, size, md5) in enumerate(known["instances"], start=1)
        }

    def enlist(self, instances: Iterable[Instance]) -> dict[Path, Instance]:
        """Return each instance with its file, which stays the same however often one asks.

        An instance whose size or MD5 is another than before is another instance.
        """
        keys = {(one.name, one.n_bytes, one.md5): one for one in instances}
        strange = [key for key in keys if key not in self._numbers]
        if strange:
            for key in strange:
                self._numbers[key] = len(self._numbers) + 1
            listed = {"source": self._source, "instances": list(self._numbers)}
            write_json(self.folder / LIST, listed)
        return {self._file(key): one for key, one in keys.items()}

    def complete(self, files: Iterable[Path]) -> None:
        """Write down that these files are the study, all of it."""
        write_json(self.folder / COMPLETE, [file.name for file in files])

    def _file(self, key: Key) -> Path:
        return self.folder / f"{self._numbers[key]:06d}"


def complete_files(folder: Path) -> list[Path] | None:
    """Return the study's files in order, or None while it is not all here."""
    names = read_json(folder / COMPLETE)
    return None if names is None else [folder / name for name in names]


def bytes_here(files: Iterable[Path]) -> int:
    """Return how many bytes of these have come, those of unfinished files included."""
    return sum(_size(file) or _size(part_of(file)) for file in files)


def read_json(path: Path) -> Any:
    """Return what the file holds, or None where there is none."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None


def write_json(path: Path, value: Any) -> None:
    """Replace the file as a whole: who is killed meanwhile leaves the old one."""
    draft = path.with_suffix(".new")
    with draft.open("w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
