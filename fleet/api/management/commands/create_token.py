from __future__ import annotations

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.api.models import Scope
from fleet.api.tokens import BadToken, make_token
from fleet.clock import now


class Command(BaseCommand):
    help = "Make a token for the read API or the metrics and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the person's user name")
        parser.add_argument("--name", required=True, help="what uses the token")
        parser.add_argument("--days", type=int, default=365, help="until it expires (365)")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="what it opens (read); may be repeated",
        )

    def handle(
        self, *, user: str, name: str, days: int, scope: list[str] | None, **_options: object
    ) -> None:
        try:
            person = User.objects.get_by_natural_key(user)
        except User.DoesNotExist:
            raise CommandError(
                f"There is no user {user!r}: make one with createsuperuser."
            ) from None
        scopes = [Scope(one) for one in scope or [Scope.READ]]
        try:
            self.stdout.write(make_token(person, name, now(), days, scopes))
        except BadToken as error:
            raise CommandError(str(error)) from None
