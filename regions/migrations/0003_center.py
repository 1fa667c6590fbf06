from __future__ import annotations

from django.db import migrations

from regions.contract import install_sql
from regions.sql import sql_file


class Migration(migrations.Migration):
    """Functions, the coverage view, and our own empty copy of the region contract."""

    dependencies = [("regions", "0002_rollups")]
    operations = [
        migrations.RunSQL(
            sql_file("center.sql"),
            "DROP SCHEMA fleet CASCADE",
        ),
        migrations.RunSQL(install_sql(), "DROP SCHEMA fleet_contract CASCADE"),
    ]
