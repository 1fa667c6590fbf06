"""Prove that a fault reaches people and can be taken and ended, with the time of each step."""

from __future__ import annotations

from contextlib import AbstractContextManager

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.alerts.kinds import KINDS
from fleet.alerts.lifecycle import Refused
from fleet.clock import now
from fleet.demo.running import DemoFailure
from fleet.rehearsal.faults import NOT_REHEARSED
from fleet.rehearsal.in_demo import demo_region
from fleet.rehearsal.planted import planted_region
from fleet.rehearsal.steps import Stage, StepFailed, rehearse


class Command(BaseCommand):
    help = (
        "Let a labelled fault happen in a region made for it, and prove detection, message, button"
        " and end, with the time of each step; what was made is removed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=sorted(KINDS))
        parser.add_argument(
            "--region", help="a region of the running demo, with the demo's own workers"
        )

    def handle(self, *, kind: str, region: str | None, **_: object) -> None:
        if kind in NOT_REHEARSED:
            raise CommandError(NOT_REHEARSED[kind])
        total = 0.0
        try:
            with _stage(region) as stage:
                for step in rehearse(stage, kind, now):
                    total += step.seconds
                    self.stdout.write(f"{step.seconds:7.1f} s  {step.name}  {step.said}".rstrip())
                    self.stdout.flush()
        except (StepFailed, DemoFailure, Refused, psycopg.Error) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{total:7.1f} s  from the fault to the end: all steps worked.")


def _stage(region: str | None) -> AbstractContextManager[Stage]:
    return demo_region(region) if region else planted_region()
