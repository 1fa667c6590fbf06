from __future__ import annotations

from django.core.management.base import BaseCommand, CommandParser

from regions.contract import contract_sql, upgrade_sql


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

    def handle(self, *, reader: str, database: str, upgrade: bool, **_options: object) -> str:
        return upgrade_sql() if upgrade else contract_sql(reader, database)
