from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.clock import now
from regions.collect import AlreadyCollecting, collect
from regions.models import Region
from regions.sessions import close_idle_sessions


class Command(BaseCommand):
    help = "Collect one region, or all that have a path, at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="*", help="region codes; none means all active regions")
        parser.add_argument("--sweep", action="store_true", help="check every kept hour")

    def handle(self, *, code: list[str], sweep: bool, **_options: object) -> None:
        regions = Region.objects.filter(is_active=True, paths__is_enabled=True).distinct()
        if code:
            regions = Region.objects.filter(code__in=code)
            if unknown := set(code) - {region.code for region in regions}:
                raise CommandError(f"No such region: {', '.join(sorted(unknown))}.")
        n_failed = 0
        for region in regions:
            try:
                run = collect(region, now(), is_sweep=sweep)
            except AlreadyCollecting:
                self.stdout.write(f"{region.code}: another worker is collecting it.")
                continue
            n_failed += bool(run.failure)
            took = (run.finished_at - run.started_at).total_seconds()
            self.stdout.write(
                f"{region.code}: {run.sentence or f'{run.n_hours_replaced} hours replaced'}"
                f" ({took:.1f} s)"
            )
        close_idle_sessions()
        if n_failed:
            raise CommandError(f"{n_failed} of {len(regions)} regions failed.")
