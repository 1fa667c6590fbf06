from __future__ import annotations

from django.db import migrations

from regions.contract import upgrade_sql
from regions.sql import sql_file


class Migration(migrations.Migration):
    """A collection asks a region once and replaces what has changed by one call."""

    dependencies = [("regions", "0006_quantiles")]
    operations = [
        migrations.RunSQL(upgrade_sql(), migrations.RunSQL.noop),
        migrations.RunSQL(sql_file("replace_hours.sql"), migrations.RunSQL.noop),
    ]
