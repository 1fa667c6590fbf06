"""What every way to a region's studies can do, and the one exception for what it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

Said = Callable[[int], None]


@dataclass(frozen=True)
class StudyKey:
    """How the region names a study."""

    study_ref: str  # opaque, from the contract
    study_uid: str = ""  # empty where the region's contract does not give it


@dataclass(frozen=True)
class Found:
    """A study that the source has now; None stands for what the source does not tell."""

    handle: str = field(repr=False)  # how this way names the study; never logged, never stored
    n_instances: int | None = None
    n_bytes: int | None = None


@dataclass(frozen=True)
class Instance:
    """One file of a study."""

    name: str = field(repr=False)  # unique in the study, the way's own; never a path of ours
    n_bytes: int | None = None
    md5: str = field(default="", repr=False)


class Trouble(StrEnum):
    """What kept a study from us."""

    LINK = "link"
    TIMEOUT = "timeout"
    AUTH = "auth"
    GONE = "gone"
    CONFIGURATION = "configuration"
    PROTOCOL = "protocol"
    DISK_FULL = "disk_full"


PASSING = frozenset({Trouble.LINK, Trouble.TIMEOUT})


class WayFailed(Exception):
    """`sentence` names the thing and the remedy; it holds no secret and nobody's identity."""

    def __init__(self, kind: Trouble, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence

    @property
    def is_passing(self) -> bool:
        """Whether the same may well succeed a little later."""
        return self.kind in PASSING


class Way(Protocol):
    """One way to the studies of one source. Everything raises WayFailed.

    A context manager; where `n_parallel` is more than one, that many threads may use it at once.
    """

    n_parallel: int  # how many instances are best fetched at once over a long line

    def look_up(self, key: StudyKey) -> Found | None:
        """Return the study; None when the source answers that it has no such study."""

    def instances(self, found: Found) -> list[Instance]:
        """Return the study's instances in an order that stays the same."""

    def fetch(self, found: Found, instance: Instance, target: Path, said: Said) -> None:
        """Write the instance to `target`, whole and verified, or raise.

        `said(n)` is called after each piece of n new bytes; what it raises stops the transfer.
        What was written before is in `target`'s part file; the way resumes from it if it can.
        """

    def close(self) -> None:
        """Let go of every connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
