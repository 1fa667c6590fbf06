"""What may go wrong in a sham region on command: how each fault changes a study. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from fleet.demo.scanners import Scanner, ScannerModel, acquire
from fleet.demo.services import Finding
from fleet.demo.sham import ShamRegion
from fleet.demo.story import Attempt, Story

# The commonest service: a fault of it shows soonest.
SERVICE = "cxr-net"
ODD_CLASS = "nodule"
CONSTANT_CLASS = "cardiomegaly"
NEW_SCANNER = Scanner(900, "DX-900", "ЛПУ-9", ScannerModel(
    "DX", "SAMSUNG ELECTRONICS", "GC85A", "V3.10", "SCINTILLATOR",
    3036, 3040, 0.14, 14, "MONOCHROME2", (119, 6), (2_100, 800), (400, 90)))  # fmt: skip
FLIPPED = {"MONOCHROME1": "MONOCHROME2", "MONOCHROME2": "MONOCHROME1"}
NOT_CHESTS = ("HAND", "SKULL", "KNEE")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the studies that are received from `since` on, until `until` if that is set."""

    name: str
    since: datetime
    until: datetime | None = None

    def covers(self, received_at: datetime) -> bool:
        return self.since <= received_at and (self.until is None or received_at < self.until)

    def change(self, story: Story, sham: ShamRegion) -> Story | None:
        """Return the study as the fault makes it; None if it does not come at all."""
        # Of its own: what happens to the other studies must not depend on the fault.
        return CHANGES[self.name](Random(story.uid), story, sham)


def _zero_tensor(_rng: Random, story: Story, sham: ShamRegion) -> Story:
    """The last node gives the network zeros for an image: one answer to all, ill of one class."""

    def answer(attempt: Attempt) -> Attempt:
        if attempt.node != sham.n_nodes - 1:
            return attempt
        return replace(attempt, findings=[_constant(one) for one in attempt.findings])

    if story.service.code != SERVICE:
        return story
    return replace(story, attempts=[answer(one) for one in story.attempts], correction=None)


def _new_scanner(rng: Random, story: Story, _sham: ShamRegion) -> Story:
    if story.service.family != "DX" or rng.random() > 0.4:
        return story
    return replace(story, scanner=NEW_SCANNER, acquisition=acquire(rng, NEW_SCANNER, 1.0))


def _exposure(_rng: Random, story: Story, _sham: ShamRegion) -> Story:
    seen = story.acquisition
    brighter = replace(
        seen,
        exposure_uas=round(seen.exposure_uas * 1.8),
        index=round(seen.index * 1.8, 1) if seen.index else None,
        deviation=round(seen.deviation + 4.8, 2) if seen.deviation is not None else None,
    )
    return replace(story, acquisition=brighter)


def _inverted(rng: Random, story: Story, _sham: ShamRegion) -> Story:
    """Black and white change places, and the network sees illness where there is none."""
    if story.service.family == "CT" or rng.random() > 0.6:
        return story
    model = story.scanner.model
    flipped = replace(model, photometric=FLIPPED[model.photometric])
    inverted = replace(story, scanner=replace(story.scanner, model=flipped))
    return _scored(inverted, lambda one: _ill(rng, one) if rng.random() < 0.6 else one)


def _garbage(rng: Random, story: Story, _sham: ShamRegion) -> Story:
    """Hands, skulls and knees come to the network that knows chests only."""
    if story.service.family != "DX" or rng.random() > 0.3:
        return story
    seen = replace(story.acquisition, body_part=rng.choice(NOT_CHESTS))
    return _scored(
        replace(story, acquisition=seen),
        lambda one: _ill(rng, one) if rng.random() < 0.3 else one,
    )


def _silence(_rng: Random, _story: Story, _sham: ShamRegion) -> None:
    return None


def _slow(rng: Random, story: Story, _sham: ShamRegion) -> Story:
    *before, last = story.attempts
    if last.ended_at is None:
        return story
    longer = timedelta(minutes=rng.uniform(30, 60))
    sent_at = last.sent_at + longer if last.sent_at else None
    return replace(
        story, attempts=[*before, replace(last, ended_at=last.ended_at + longer, sent_at=sent_at)]
    )


def _errors(rng: Random, story: Story, _sham: ShamRegion) -> Story:
    if rng.random() > 0.45:
        return story
    failed = replace(
        story.attempts[0], outcome="failed", error_class="oom", findings=[], sent_at=None
    )
    if failed.ended_at is None:
        return story
    return replace(story, attempts=[failed], correction=None)


def _peer_odd(rng: Random, story: Story, _sham: ShamRegion) -> Story:
    """One class is found in half of the studies, as in no other region."""
    if story.service.code != SERVICE:
        return story
    is_ill = rng.random() < 0.5
    return _scored(story, lambda one: _ill(rng, one) if is_ill and one.label == ODD_CLASS else one)


def _scored(story: Story, change: Callable[[Finding], Finding]) -> Story:
    attempts = [
        replace(one, findings=[change(finding) for finding in one.findings])
        for one in story.attempts
    ]
    return replace(story, attempts=attempts)


def _constant(one: Finding) -> Finding:
    if one.label == CONSTANT_CLASS:
        return replace(one, prob=0.6317, n_boxes=1, largest_mm=120.0)
    return replace(one, prob=0.0213, n_boxes=0, largest_mm=None)


def _ill(rng: Random, one: Finding) -> Finding:
    prob = round(rng.uniform(one.threshold, 1), 4)
    return replace(one, prob=prob, n_boxes=1, largest_mm=round(rng.uniform(5, 40), 1))


CHANGES: dict[str, Callable[[Random, Story, ShamRegion], Story | None]] = {
    "zero_tensor": _zero_tensor,
    "new_scanner": _new_scanner,
    "exposure": _exposure,
    "inverted": _inverted,
    "garbage": _garbage,
    "silence": _silence,
    "slow": _slow,
    "errors": _errors,
    "peer_odd": _peer_odd,
}
