"""Which folder of an SFTP server is a study's, by names that cannot lead elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fleet.exports.ways.way import StudyKey, Trouble, WayFailed

UID = re.compile(r"[0-9]+(\.[0-9]+)+")
NO_NAME = re.compile(rb"[/\\\x00-\x1f\x7f]")
LONGEST_NAME = 255


@dataclass(frozen=True)
class SftpSource:
    """Where studies lie: `folder` holds {study_uid} or {study_ref}; `name` is for people."""

    name: str
    folder: str

    def __str__(self) -> str:
        return f"The study source {self.name}"

    @property
    def root(self) -> str:
        """The folder above the first that is named by a study."""
        above = self.folder.partition("{")[0].rpartition("/")[0]
        return above or ("/" if self.folder.startswith("/") else ".")

    def below_root(self, key: StudyKey) -> bytes:
        """Return the study's folder as seen from `root`. Raises WayFailed(CONFIGURATION)."""
        before, _brace, _named = self.folder.partition("{")
        below = self.folder[before.rfind("/") + 1 :].rstrip("/")
        if "{study_uid}" in below and not UID.fullmatch(key.study_uid):
            raise WayFailed(
                Trouble.CONFIGURATION,
                f"{self} has folders named by UID, but the region's contract gives none of this"
                " study. Provide the UIDs there, or name folders by {study_ref}.",
            )
        if "{study_ref}" in below and not is_name(key.study_ref.encode()):
            raise WayFailed(
                Trouble.CONFIGURATION,
                f"{self} has folders named by the study's reference, and this one cannot be a"
                " folder's name. Name folders by {study_uid}.",
            )
        values = {"study_uid": key.study_uid, "study_ref": key.study_ref}
        return re.sub(r"{(study_uid|study_ref)}", lambda it: values[it[1]], below).encode()


def is_name(name: bytes) -> bool:
    """Whether a folder may hold something of this name, and nothing but that is meant by it."""
    return 0 < len(name) <= LONGEST_NAME and name not in {b".", b".."} and not NO_NAME.search(name)
