"""Judge closed days again."""

from __future__ import annotations

from datetime import date

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.alerts.detectors.rescoring import CannotRescore, rescore
from fleet.clock import now


class Command(BaseCommand):
    help = (
        "Forget what the rules remember of the days from DAY on, and judge them again from what"
        " was collected. Nothing else is judged meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", required=True, dest="first", metavar="DAY", help="2026-03-10")

    def handle(self, *, first: str, **_options: object) -> None:
        try:
            day = date.fromisoformat(first)
        except ValueError:
            raise CommandError(f"“{first}” is not a day: write it as 2026-03-10.") from None
        n_days = n_new = 0
        try:
            for one in rescore(day, now()):
                self.stdout.write(f"{one.day}: {one.n_regions} regions, {one.n_new} new findings")
                n_days, n_new = n_days + 1, n_new + one.n_new
        except CannotRescore as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"{n_days} days judged again, {n_new} findings were not known before.")
