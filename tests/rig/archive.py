"""A region's archive at the world's end: studies in a folder, sent as slowly and badly as asked.

It stands where a PACS would. What it did is appended to a log, which outlives a killed process.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from fleet.exports.ways.landing import Landing
from fleet.exports.ways.way import Found, Instance, Said, StudyKey, Trouble, Way, WayFailed

PIECE = 4096


@dataclass
class Archive:
    """Each folder below `root` is a study named by its reference."""

    root: Path
    log: Path
    resumes: bool = False
    n_parallel: int = 2
    seconds_a_piece: float = 0.0
    tells_md5: bool = True
    # After so many pieces the line is cut, once for each number.
    cuts: list[int] = field(default_factory=list)
    failure: WayFailed | None = None
    n_pieces: int = 0

    def open(self) -> FolderWay:
        if self.failure:
            raise self.failure
        return FolderWay(self)

    def say(self, word: str, *values: object) -> None:
        handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, " ".join([word, *map(str, values)]).encode() + b"\n")
        os.close(handle)

    def said(self, word: str) -> list[list[str]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.split(" ")[1:] for line in lines if line.split(" ")[0] == word]

    def piece(self) -> None:
        time.sleep(self.seconds_a_piece)
        self.n_pieces += 1
        if self.n_pieces in self.cuts:
            raise WayFailed(Trouble.LINK, "The line was cut.")


class FolderWay(Way):
    """A way to an Archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.n_parallel = archive.n_parallel
        archive.say("opened")

    def look_up(self, key: StudyKey) -> Found | None:
        self._archive.say("looked_up", key.study_ref)
        folder = self._archive.root / key.study_ref
        if not folder.is_dir():
            return None
        sizes = [file.stat().st_size for file in folder.iterdir()]
        return Found(key.study_ref, len(sizes), sum(sizes))

    def instances(self, found: Found) -> list[Instance]:
        files = sorted((self._archive.root / found.handle).iterdir())
        return [
            Instance(
                file.name,
                file.stat().st_size,
                hashlib.md5(file.read_bytes()).hexdigest() if self._archive.tells_md5 else "",
            )
            for file in files
        ]

    def fetch(self, found: Found, instance: Instance, target: Path, said: Said) -> None:
        source = self._archive.root / found.handle / instance.name
        self._archive.say("begun", instance.name)
        with (
            source.open("rb") as file,
            Landing(
                "the archive", instance, target, said, resumes=self._archive.resumes
            ) as landing,
        ):
            file.seek(landing.n_bytes)
            while piece := file.read(PIECE):
                self._archive.piece()
                landing.write(piece)
            landing.finish()
        self._archive.say("fetched", instance.name)

    def close(self) -> None:
        pass
