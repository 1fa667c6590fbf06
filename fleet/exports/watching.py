"""Look after one study while it is worked on: write how far it is, see who wants it stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from fleet.exports.fetching import Progress
from fleet.exports.models import ExportedStudy
from fleet.exports.moving import Overtaken
from fleet.exports.queueing import bytes_left, count_bytes, line_waits, policy_of, workable
from fleet.exports.turns import Turn

State = ExportedStudy.State
EVERY_S = 1.0
# Set when this process has to end; what it works on goes on elsewhere.
HALT = threading.Event()


class Cause(StrEnum):
    """Why work on a study stops though nothing failed."""

    PAUSED = "paused"
    LINE = "line"
    TURN = "turn"
    HALT = "halt"


class Held(Exception):
    """The study goes back to the queue with all that has come."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.value)
        self.cause = cause


class Cancelled(Exception):
    """A person does not want the study any more."""


class StudyWatch:
    """The watch of a transfer, and of what follows it; see fetching.Watch."""

    def __init__(self, study: ExportedStudy, turn: Turn, read_now: Callable[[], datetime]) -> None:
        self._study = study
        self._turn = turn
        self._now = read_now
        self._looked_at = 0.0
        self._counted = 0
        self._budget: int | None = None
        self._held: Held | None = None

    def tick(self, progress: Progress) -> None:
        """Write the progress down about once a second. Raises Cancelled, Held or Overtaken."""
        if not self._is_due():
            return
        came: dict[str, object] = {
            "n_fetched": progress.n_fetched,
            "n_bytes_fetched": progress.n_bytes_fetched,
            "bytes_per_s": progress.bytes_per_s,
        }
        if progress.n_instances is not None:
            came["n_instances"] = progress.n_instances
        if progress.n_bytes is not None:
            came["n_bytes"] = progress.n_bytes
        if progress.n_bytes_fetched > self._study.n_bytes_fetched:
            # A line that brings something is no line that fails.
            came["n_failures"] = 0
        self._count(progress)
        self.look(**came)
        self._judge_line()

    def before_next(self, progress: Progress) -> None:
        """Raise Held when the line is not ours any more; what is under way ends first."""
        if self._held:
            raise self._held
        if self._budget is not None and progress.n_bytes_moved - self._counted >= self._budget:
            raise Held(Cause.LINE)

    def finish(self, progress: Progress) -> None:
        """Write down the end of a transfer."""
        self._looked_at = 0.0
        self.tick(progress)

    def look_sometimes(self, **values: object) -> None:
        """Do as `look`, about once a second."""
        if self._is_due():
            self.look(**values)

    def look(self, **values: object) -> None:
        """Give a sign of life. Raises Cancelled, Held, or Overtaken."""
        if not self._turn.is_ours():
            raise Overtaken
        rows = ExportedStudy.objects.filter(pk=self._study.pk, state=self._study.state)
        if not rows.update(seen_at=self._now(), **values):
            raise Overtaken
        for name, value in values.items():
            setattr(self._study, name, value)
        wants_cancel, is_paused = rows.values_list("wants_cancel", "is_paused").get()
        if wants_cancel:
            raise Cancelled
        if is_paused:
            raise Held(Cause.PAUSED)
        if HALT.is_set():
            raise Held(Cause.HALT)

    def _is_due(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at < EVERY_S:
            return False
        self._looked_at = now
        return True

    def _count(self, progress: Progress) -> None:
        n_new, self._counted = progress.n_bytes_moved - self._counted, progress.n_bytes_moved
        count_bytes(self._study.export.region, n_new, self._now())

    def _judge_line(self) -> None:
        region, now = self._study.export.region, self._now()
        policy = policy_of(region)
        if policy is None or line_waits(policy, now):
            self._held = Held(Cause.LINE)
            return
        self._budget = bytes_left(policy, now)
        first = workable(region, now).first()
        if first and first.export.priority < self._study.export.priority:
            self._held = Held(Cause.TURN)
