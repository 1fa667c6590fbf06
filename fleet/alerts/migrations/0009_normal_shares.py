"""Of errors and slow answers, remember which share is normal."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0008_asked")]

    operations = [
        migrations.AddField(
            "newnormal",
            "share",
            models.FloatField(help_text="Of errors or slow answers, as last found.", null=True),
        ),
    ]
