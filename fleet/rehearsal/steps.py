"""The steps of a rehearsal, each with a time limit, and what each of them took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.contrib.auth.models import User
from django.db.models import QuerySet

from fleet.alerts import lifecycle
from fleet.alerts.buttons import TAKE, press, sign
from fleet.alerts.kinds import KINDS
from fleet.alerts.models import Alert
from fleet.alerts.models_outbox import Message, MessengerAccount
from regions.models import Region

LOOK_EVERY_S = 0.2
REASON = "A rehearsal: nothing was wrong."
ACCOUNT = "rehearsal"


class StepFailed(Exception):
    """The sentence names the step, and where to look."""


class Stage(Protocol):
    """Where a rehearsal takes place."""

    region: Region
    user: User
    within_s: float

    def break_(self, kind: str, now: datetime) -> None:
        """Let a fault of this kind happen. Raises StepFailed when it cannot."""
        ...

    def work(self, now: datetime) -> None:
        """Do what the workers do by themselves elsewhere; called again and again."""
        ...

    def mend(self, now: datetime) -> None:
        """End the fault."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What was done, and in how many seconds."""

    name: str
    seconds: float
    said: str = ""


def rehearse(stage: Stage, kind: str, clock: Callable[[], datetime]) -> Iterator[Step]:
    """Yield each step when it is done. Raises StepFailed with the step that was not."""
    began = time.monotonic()
    stage.break_(kind, clock())
    yield Step("fault", time.monotonic() - began, f"{kind} in {stage.region.name}")
    steps = _Steps(stage, kind, clock)
    yield steps.detection()
    yield steps.message()
    yield steps.button()
    yield steps.told("the message says who took it")
    yield steps.end()
    yield steps.told("the message says that it is over")


class _Steps:
    def __init__(self, stage: Stage, kind: str, clock: Callable[[], datetime]) -> None:
        self._stage = stage
        self._kind = kind
        self._clock = clock
        self._alert = Alert()

    def detection(self) -> Step:
        asked = Alert.objects.filter(region=self._stage.region, kind=self._kind, resolved_at=None)
        seconds = self._await(
            "detection",
            asked.exists,
            lambda: (
                f"no alert of the kind {self._kind} was opened: do workers and beat run, and does"
                " an alert “collector_blind” keep the rules from judging?"
            ),
        )
        self._alert = asked.latest("opened_at")
        return Step("detection", seconds, f"alert #{self._alert.pk}")

    def message(self) -> Step:
        seconds = self._await("message", self._is_told, self._why_untold)
        message = self._messages().select_related("channel").latest("wanted_at")
        return Step("message", seconds, f"in the channel “{message.channel.name}”")

    def button(self) -> Step:
        """Press “Take” under the message, as the service would tell us of it."""
        began = time.monotonic()
        message = self._messages().select_related("channel").latest("wanted_at")
        known = MessengerAccount.objects.create(
            user=self._stage.user, kind=message.channel.kind, remote_user=ACCOUNT
        )
        try:
            said = press(message.channel, ACCOUNT, sign(TAKE, message.pk), self._clock())
        finally:
            known.delete()
        self._alert.refresh_from_db()
        if self._alert.acknowledged_by != self._stage.user:
            raise StepFailed(f"The step “button” failed: the alert was not taken. {said}")
        return Step("button", time.monotonic() - began, said)

    def told(self, name: str) -> Step:
        return Step(name, self._await(name, self._is_told, self._why_untold))

    def end(self) -> Step:
        """Mend the fault; what only days would end, end by hand."""
        began = time.monotonic()
        self._stage.mend(self._clock())
        if KINDS[self._kind].is_link:
            self._await("end", self._is_over, lambda: "the alert did not end by itself.")
            return Step("end", time.monotonic() - began, "by itself")
        lifecycle.resolve(self._alert.pk, self._stage.user, REASON, self._clock())
        return Step("end", time.monotonic() - began, "by hand, with a reason")

    def _await(self, name: str, is_so: Callable[[], bool], otherwise: Callable[[], str]) -> float:
        began = time.monotonic()
        while not is_so():
            if time.monotonic() - began > self._stage.within_s:
                raise StepFailed(
                    f"The step “{name}” failed after {self._stage.within_s:.0f} s: {otherwise()}"
                )
            self._stage.work(self._clock())
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - began

    def _messages(self) -> QuerySet[Message]:
        return Message.objects.filter(alert=self._alert, channel__is_enabled=True)

    def _is_told(self) -> bool:
        newest = self._alert.events.latest("at", "pk")
        return self._messages().filter(told=newest, state=Message.State.CONFIRMED).exists()

    def _is_over(self) -> bool:
        self._alert.refresh_from_db()
        return self._alert.resolved_at is not None

    def _why_untold(self) -> str:
        self._alert.refresh_from_db()
        if self._alert.under_id:
            return f"alert #{self._alert.under_id} explains it, and is told instead: resolve that."
        message = Message.objects.filter(alert=self._alert).select_related("channel").first()
        if message is None:
            return "no messenger is enabled: look at /settings/messengers/."
        if message.sentence:
            return f"{message.channel.name}: {message.sentence}"
        return (
            f"it waits for {message.channel.name}: is it a quiet hour there, is the alert"
            " silenced, and does the deliverer run?"
        )
