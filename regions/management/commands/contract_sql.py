from __future__ import annotations

import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.contract import contract_sql, password_sql, upgrade_sql
from regions.passwords import new_password, verifier


class Command(BaseCommand):
    help = "Print what a region's administrator runs in the region's database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reader", default="fleet_reader", help="the reading role's name")
        parser.add_argument("--database", default="fleet", help="the region's database")
        parser.add_argument(
            "--upgrade",
            action="store_true",
            help="print only what brings an installed contract up to date",
        )

        parser.add_argument(
            "--password-file",
            type=Path,
            help="make a new password for the reader: kept in this file, which must not exist yet;"
            " what is printed lets the region check it, and does not tell it",
        )

    def handle(
        self,
        *,
        reader: str,
        database: str,
        upgrade: bool,
        password_file: Path | None,
        **_options: object,
    ) -> str:
        printed = upgrade_sql() if upgrade else contract_sql(reader, database)
        if password_file is None:
            return printed
        return printed + password_sql(reader, verifier(_keep_new_password(password_file)))


def _keep_new_password(file: Path) -> str:
    password = new_password()
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as kept:
            kept.write(password + "\n")
    except FileExistsError:
        raise CommandError(f"{file} exists; its password may be in use. Name a new file.") from None
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
    return password
