from __future__ import annotations

from django.db import migrations

from regions.sql import sql_file


class Migration(migrations.Migration):
    """A histogram may name a bin twice, as where folded values are put together."""

    dependencies = [("regions", "0007_replace_hours")]
    operations = [
        migrations.RunSQL(sql_file("replace_hours.sql"), migrations.RunSQL.noop),
    ]
