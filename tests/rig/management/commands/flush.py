"""Django's `flush`, which ends every test with committed rows, at a hundredth of its price."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush
from django.db import connection


class Command(flush.Command):
    """Empties the tables and leaves what `migrate` wrote there, so nothing is to be made anew."""

    def handle(self, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT empty_tables()")
