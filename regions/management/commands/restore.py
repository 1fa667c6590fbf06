from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.backup import BackupError, restore


class Command(BaseCommand):
    help = "Fill a new, empty database from a file of `backup`. Needs FLEET_ADMIN_DATABASE_URL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **_options: object) -> str:
        if not settings.FLEET_ADMIN_DATABASE_URL:
            raise CommandError("Set FLEET_ADMIN_DATABASE_URL to the new database's fleet_admin.")
        try:
            restore(settings.FLEET_ADMIN_DATABASE_URL, file)
        except BackupError as error:
            raise CommandError(str(error)) from None
        return "The database is restored. Run migrate and grant_roles, then start the processes."
