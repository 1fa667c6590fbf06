from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.api.models import ApiToken
from fleet.clock import now


class Command(BaseCommand):
    help = "Make a token for the read API and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the person's user name")
        parser.add_argument("--name", required=True, help="what uses the token")
        parser.add_argument("--days", type=int, default=365, help="until it expires (365)")

    def handle(self, *, user: str, name: str, days: int, **_options: object) -> None:
        if not 1 <= days <= 3650:
            raise CommandError("--days: write a number from 1 to 3650.")
        if not 1 <= len(name) <= 100:
            raise CommandError("--name: write 1 to 100 characters.")
        try:
            person = User.objects.get_by_natural_key(user)
        except User.DoesNotExist:
            raise CommandError(
                f"There is no user {user!r}: make one with createsuperuser."
            ) from None
        if ApiToken.objects.filter(user=person, name=name).exists():
            raise CommandError(f"{user} has a token named {name!r}: choose another name.")
        self.stdout.write(ApiToken.create(person, name, now(), timedelta(days=days)))
