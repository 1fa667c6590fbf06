"""Check that no row of the trail of exports was changed or taken out."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.exports.trail import Head, read_trail, why_not_held


class Command(BaseCommand):
    help = "Check the chain of hashes of the trail of exports, and print its head."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            default="",
            metavar="NUMBER:HASH",
            help="a last row of the trail that is known from elsewhere: is it still there?",
        )

    def handle(self, *, head: str, **_options: object) -> None:
        verdict = read_trail()
        if verdict.broken:
            raise CommandError(verdict.broken.sentence)
        if head:
            self._look_for(head)
        self.stdout.write(f"{verdict.n_events} rows, none changed or taken out.")
        if verdict.head:
            self.stdout.write(f"Head: {verdict.head}")
            self.stdout.write("Keep it elsewhere and give it as --head later.")

    def _look_for(self, text: str) -> None:
        try:
            known = Head.of(text)
        except ValueError:
            raise CommandError("Write --head as the messenger does: NUMBER:HASH.") from None
        if why_not := why_not_held(known):
            raise CommandError(why_not)
        self.stdout.write(f"The trail still holds row {known.event_id} as it was.")
