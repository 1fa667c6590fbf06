"""Say of every judgement by which rules it was made."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0010_finding_values")]

    operations = [
        migrations.AlterField("evaluation", "settings_version", models.PositiveIntegerField()),
    ]
