from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """A bucket's quantiles are read from its bins by the statement that writes it."""

    dependencies = [("regions", "0005_calendar")]
    operations = [
        migrations.RunSQL(
            "DROP FUNCTION IF EXISTS fleet.latency_quantile(bigint[], float8)",
            migrations.RunSQL.noop,
        ),
    ]
