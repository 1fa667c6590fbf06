"""Let tokens act on alerts."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

SCOPES = [
    ("read", "the read API"),
    ("metrics", "the metrics for Prometheus"),
    ("alerts", "taking, giving back, silencing and resolving alerts"),
    ("export", "asking for studies, deciding about requests, and taking packages"),
]


class Migration(migrations.Migration):
    dependencies = [("api", "0003_export_scope")]

    operations = [
        migrations.AlterField(
            "apitoken",
            "scopes",
            ArrayField(models.CharField(choices=SCOPES, max_length=20), size=None),
        ),
    ]
