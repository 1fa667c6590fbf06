"""All that happens in a sham region, hour by hour: a pure function of its seed and the hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from fleet.demo.faults import Fault
from fleet.demo.rhythm import arrivals, expected_arrivals
from fleet.demo.scanners import Scanner, acquire, devices
from fleet.demo.services import SERVICES, Finding, findings
from fleet.demo.sham import ShamRegion
from fleet.demo.story import Attempt, Correction, Garbage, Story

# No row is written or corrected later than this after its study was received.
LONGEST_STORY = timedelta(hours=30)
BUG_DAYS, FAILING_DAYS, SHIFT_DAYS = 1, 2, 5
GARBAGE = (
    ("filter", "modality"), ("filter", "secondary_capture"), ("gateway", "corrupt"),
    ("filter", "phantom"), ("gateway", "image_count"), ("filter", "body_part"),
)  # fmt: skip
GARBAGE_WEIGHTS = tuple(accumulate((30, 25, 8, 6, 16, 15)))
REFUSALS = ("image_count", "series", "tag", "body_part", "image_content")
FAILURES = ("oom", "timeout", "crash", "server_unavailable", "delivery")
# How much longer the network takes in each mode.
SLOWNESS = {"none": 1.0, "resize": 0.6, "cpu": 9.0}
FAILURE_WEIGHTS = tuple(accumulate((30, 15, 15, 25, 15)))


class World:
    """`anchor` is the moment at which the region's history was filled; dated events hang on it.

    `fault` is what somebody has let go wrong meanwhile.
    """

    def __init__(self, sham: ShamRegion, anchor: datetime, fault: Fault | None = None) -> None:
        self.sham = sham
        self.anchor = anchor
        self.faults = [fault] if fault else []
        if sham.is_failing:
            self.faults.append(Fault("errors", anchor - timedelta(days=FAILING_DAYS)))
        self.scanners = devices(sham.seed)
        self.all_scanners = [one for family in self.scanners.values() for one in family]
        self._shares = tuple(accumulate(service.share for service in SERVICES))
        self._shifted = self.scanners["DX"][0].model

    def hour(self, start: datetime) -> Iterator[Story | Garbage]:
        """Yield what arrives within the hour that begins at `start`."""
        epoch = int(start.timestamp())
        rng = Random(self.sham.seed * 1_000_000_007 + epoch)
        expected = expected_arrivals(start, self.sham)
        load = 0.4 + 10 * expected / max(1, self.sham.studies_per_day)
        for number, moment in enumerate(arrivals(rng, start, expected)):
            if story := self._with_faults(self._story(rng, f"{epoch}.{number}", moment, load)):
                yield story
        for moment in arrivals(rng, start, expected * 0.045):
            yield self._garbage(rng, moment)

    def _with_faults(self, story: Story) -> Story | None:
        changed: Story | None = story
        for fault in self.faults:
            if changed and fault.covers(story.received_at):
                changed = fault.change(changed, self.sham)
        return changed

    def _story(self, rng: Random, name: str, received: datetime, load: float) -> Story:
        service = rng.choices(SERVICES, cum_weights=self._shares)[0]
        scanner = self._scanner(rng, self.scanners[service.family])
        shifted = (
            self.sham.input_shift
            and scanner.model is self._shifted
            and self._days_before_end(received) <= SHIFT_DAYS
        )
        story = Story(
            uid=f"1.2.643.5.1.13.13.12.2.77.{self.sham.seed}.{name}",
            received_at=received,
            written_at=received,
            acquired_at=received - timedelta(seconds=rng.lognormvariate(6, 0.8)),
            scanner=scanner,
            acquisition=acquire(rng, scanner, 1.4 if shifted else 1.0),
            service=service,
            attempts=[],
        )
        self._process(rng, story, load)
        fate = rng.random()
        if fate < 0.012:
            story.written_at += timedelta(hours=rng.uniform(1, 20))
        elif fate < 0.03:
            story.correction = _correction(rng, story)
        return story

    def _process(self, rng: Random, story: Story, load: float) -> None:
        queued, fallback, reason = story.received_at + timedelta(seconds=0.4), "none", None
        if rng.random() < 0.008:
            fallback, reason = "resize", "oom"
        cause = rng.choices(FAILURES, cum_weights=FAILURE_WEIGHTS)[0]
        doomed = cause if rng.random() < self.sham.failure_rate else None
        for number in (1, 2, 3):
            attempt = self._attempt(rng, story, number, queued, load, SLOWNESS[fallback])
            self._finish(rng, story, attempt, doomed)
            attempt.fallback, attempt.fallback_reason = fallback, reason
            attempt.scale = 0.5 if fallback == "resize" else 1.0
            story.attempts.append(attempt)
            if attempt.ended_at is None or attempt.outcome in {"done", "rejected"}:
                return
            if attempt.error_class == "oom":
                fallback, reason = rng.choice(("cpu", "resize")), "oom"
            queued = attempt.ended_at + timedelta(seconds=rng.uniform(20, 240))

    def _attempt(
        self, rng: Random, story: Story, number: int, queued: datetime, load: float, slow: float
    ) -> Attempt:
        service, node = story.service, rng.randrange(self.sham.n_nodes)
        fetch = queued + timedelta(seconds=rng.lognormvariate(0.9, 0.9) * load)
        fetched = fetch + timedelta(seconds=service.fetch_s * rng.lognormvariate(0, 0.5))
        started = fetched + timedelta(seconds=rng.lognormvariate(0.2, 1.1) * load)
        ended = started + timedelta(seconds=slow * service.work_s * rng.lognormvariate(0, 0.35))
        version = service.version(self._days_before_end(started))
        return Attempt(
            number, queued, fetch, fetched, started, ended, None, "done", version, node,
            peak_mb=round(service.peak_mb * rng.lognormvariate(0, 0.12)),
        )  # fmt: skip

    def _finish(self, rng: Random, story: Story, attempt: Attempt, doomed: str | None) -> None:
        attempt.outcome, attempt.error_class = self._outcome(rng, doomed)
        if attempt.outcome == "running":
            attempt.ended_at = None
        elif attempt.outcome == "done" and attempt.ended_at is not None:
            attempt.sent_at = attempt.ended_at + timedelta(seconds=rng.lognormvariate(0.3, 0.7))
            attempt.findings = self._findings(rng, story, attempt)

    def _outcome(self, rng: Random, doomed: str | None) -> tuple[str, str | None]:
        fate = rng.random()
        if doomed is not None or fate < self.sham.failure_rate:
            cause = doomed or rng.choices(FAILURES, cum_weights=FAILURE_WEIGHTS)[0]
            return ("timeout" if cause == "timeout" else "failed"), cause
        if fate < self.sham.failure_rate + 0.022:
            return "rejected", rng.choice(REFUSALS)
        # The process died and nobody told the queue.
        return ("running", None) if fate > 0.9995 else ("done", None)

    def _findings(self, rng: Random, story: Story, attempt: Attempt) -> list[Finding]:
        broken = (
            self.sham.silent_bug
            and attempt.node == self.sham.n_nodes - 1
            and self._days_before_end(attempt.started_at) <= BUG_DAYS
        )
        sides = story.acquisition.sides
        return findings(rng, story.service, attempt.version, sides, broken=broken)

    def _garbage(self, rng: Random, moment: datetime) -> Garbage:
        stage, reason = rng.choices(GARBAGE, cum_weights=GARBAGE_WEIGHTS)[0]
        scanner = rng.choice(self.all_scanners)
        modality = (
            rng.choice(("OT", "US", "SC")) if reason == "modality" else scanner.model.modality
        )
        score = round(rng.random(), 3) if stage == "filter" else None
        late = timedelta(hours=rng.uniform(0.5, 6)) if rng.random() < 0.01 else timedelta()
        return Garbage(moment + late, moment, stage, reason, score, modality, scanner)

    def _days_before_end(self, moment: datetime) -> float:
        return (self.anchor - moment) / timedelta(days=1)

    @staticmethod
    def _scanner(rng: Random, family: list[Scanner]) -> Scanner:
        # The first device of a family takes most studies, the last few.
        return family[min(int(len(family) * rng.random() ** 1.6), len(family) - 1)]


def _correction(rng: Random, story: Story) -> Correction:
    moved = timedelta(hours=1) if rng.random() < 0.1 else timedelta()
    return Correction(
        at=story.received_at + timedelta(hours=rng.uniform(2, 28)),
        age=min(99, story.acquisition.age + rng.randint(1, 9)),
        received_at=story.received_at - moved,
        first_prob=round(rng.random(), 4),
    )
