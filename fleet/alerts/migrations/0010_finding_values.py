"""Keep of findings what was counted, and not a sentence in one language."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0009_normal_shares")]

    operations = [
        migrations.AlterField(
            "finding",
            "detail",
            models.CharField(
                blank=True, help_text="What is found, in a region's own words.", max_length=500
            ),
        ),
        migrations.AddField(
            "finding",
            "n_others",
            models.PositiveIntegerField(
                help_text="Other regions on the version that are fine, or that run the usual one.",
                null=True,
            ),
        ),
        migrations.AddField(
            "finding",
            "usual_version",
            models.CharField(blank=True, default="", help_text="Of most regions.", max_length=100),
            preserve_default=False,
        ),
        migrations.AddField(
            "finding",
            "ran_until",
            models.DateField(help_text="The version, before it came back.", null=True),
        ),
    ]
