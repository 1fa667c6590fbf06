from __future__ import annotations

from django.core.management.base import BaseCommand
from django.db import connection

from regions.sql import sql_file


class Command(BaseCommand):
    help = "Give each database role its rights at the center. Run as fleet_admin after migrate."

    def handle(self, **_options: object) -> str:
        with connection.cursor() as cursor:
            cursor.execute(sql_file("grants.sql"))
        return "Rights are granted."
