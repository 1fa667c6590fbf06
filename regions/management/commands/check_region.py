"""Check every way into a region, step by step, and name the remedy for the first that fails."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.check import Outcome, check_path
from regions.models import AccessPath, Region
from regions.models.region import Level


class Command(BaseCommand):
    help = "Check every way into a region step by step: name, TCP, host key, login … one bucket."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="the region's code")

    def handle(self, *, code: str, **_options: Any) -> None:
        region = Region.objects.filter(code=code).first()
        if region is None:
            raise CommandError(f"There is no region “{code}”. Add it: manage.py add_region.")
        paths = list(region.paths.filter(is_enabled=True).prefetch_related("hops"))
        if not paths and region.level != Level.OFFLINE:
            raise CommandError(f"{code} has no enabled path. Add one, or make it level 3.")
        if not paths:
            self.stdout.write(f"{code} is offline by design: its data are carried by hand.")
        n_bad = sum(not self._is_good(path) for path in paths)
        if n_bad:
            raise CommandError("A step failed: see its remedy above.")

    def _is_good(self, path: AccessPath) -> bool:
        self.stdout.write(f"{path}")
        is_good = True
        for step in check_path(path):
            style = self.style.ERROR if step.outcome == Outcome.FAILED else self.style.SUCCESS
            is_good = is_good and step.outcome == Outcome.OK
            line = f"  {step.outcome:8}{step.name:20}{step.sentence}".rstrip()
            self.stdout.write(line if step.outcome == Outcome.SKIPPED else style(line))
        return is_good
