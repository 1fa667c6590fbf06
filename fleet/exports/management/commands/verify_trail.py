"""Check that no row of the trail of exports was changed or taken out."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.exports.models_events import ExportEvent
from fleet.exports.trail import BEGINNING, read_trail


class Command(BaseCommand):
    help = "Check the chain of hashes of the trail of exports, and print its head."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", help="a head kept from an earlier check")

    def handle(self, *, head: str, **_options: object) -> None:
        verdict = read_trail()
        if verdict.broken:
            raise CommandError(verdict.broken.sentence)
        if head not in {"", BEGINNING} and not ExportEvent.objects.filter(sha256=head).exists():
            raise CommandError("The trail does not hold that head: rows were taken off its end.")
        self.stdout.write(f"{verdict.n_events} rows, none changed or taken out.")
        self.stdout.write(f"Head: {verdict.head}. Keep it elsewhere and give it as --head later.")
