from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.backup import BackupError, back_up


class Command(BaseCommand):
    help = "Copy the center's database into a file. Needs FLEET_ADMIN_DATABASE_URL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file, as fleet-2026-03-10.dump")

    def handle(self, *, file: Path, **_options: object) -> str:
        if not settings.FLEET_ADMIN_DATABASE_URL:
            raise CommandError("Set FLEET_ADMIN_DATABASE_URL: its role may read every table.")
        try:
            n_bytes = back_up(settings.FLEET_ADMIN_DATABASE_URL, file)
        except BackupError as error:
            raise CommandError(str(error)) from None
        return f"{file} holds the database in {n_bytes / 1e6:.1f} MB. Keep the keys elsewhere."
