"""The whole life of an invented study, and what a database shows of it at a given moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from fleet.demo.scanners import Acquisition, Scanner
from fleet.demo.services import Finding, Service


@dataclass(slots=True)
class Attempt:
    """One attempt to process a study. `outcome` is what it ends in, at `ended_at`."""

    number: int
    queued_at: datetime
    fetch_started_at: datetime
    fetch_ended_at: datetime
    started_at: datetime
    ended_at: datetime | None
    sent_at: datetime | None
    outcome: str
    version: str
    node: int
    error_class: str | None = None
    fallback: str = "none"
    fallback_reason: str | None = None
    scale: float = 1.0
    peak_mb: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    def at(self, now: datetime) -> Attempt:
        """Return the attempt as it stands at `now`: what has not happened yet is None."""
        if self.ended_at is not None and self.ended_at <= now:
            if self.sent_at is None or self.sent_at <= now:
                return self
            return replace(self, sent_at=None)
        return replace(
            self,
            outcome="queued" if self.started_at > now else "running",
            ended_at=None,
            sent_at=None,
            error_class=None,
            findings=[],
        )

    def moments(self) -> list[datetime]:
        """Return when the attempt's row changes."""
        changes = (self.queued_at, self.started_at, self.ended_at, self.sent_at)
        return [moment for moment in changes if moment is not None]


@dataclass(slots=True)
class Correction:
    """What somebody set right by hand, and when."""

    at: datetime
    age: int
    received_at: datetime
    first_prob: float


@dataclass(slots=True)
class Story:
    """One study: `written_at` is when its row appears (later than received_at for late rows)."""

    uid: str
    received_at: datetime
    written_at: datetime
    acquired_at: datetime
    scanner: Scanner
    acquisition: Acquisition
    service: Service
    attempts: list[Attempt]
    correction: Correction | None = None

    def at(self, now: datetime) -> Story:
        """Return the study as its region's database shows it at `now`."""
        attempts = [attempt.at(now) for attempt in self.attempts if attempt.queued_at <= now]
        fix = self.correction
        if fix is None or fix.at > now:
            return replace(self, attempts=attempts)
        if attempts and attempts[-1].findings:
            first, *rest = attempts[-1].findings
            attempts[-1] = replace(
                attempts[-1], findings=[replace(first, prob=fix.first_prob), *rest]
            )
        return replace(
            self,
            attempts=attempts,
            received_at=fix.received_at,
            acquisition=replace(self.acquisition, age=fix.age),
        )

    def moments(self) -> list[datetime]:
        """Return, in order, when something of the study is written."""
        moments = [moment for attempt in self.attempts for moment in attempt.moments()]
        if self.correction is not None:
            moments.append(self.correction.at)
        later = sorted(moment for moment in moments if moment > self.written_at)
        return [self.written_at, *later]


@dataclass(slots=True)
class Garbage:
    """An object that was refused before it became a study."""

    written_at: datetime
    at: datetime
    stage: str
    reason: str
    score: float | None
    modality: str
    scanner: Scanner

    def moments(self) -> list[datetime]:
        return [self.written_at]
