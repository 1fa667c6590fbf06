"""What the rules have judged: which region's day, as it was known when, with which settings."""

from __future__ import annotations

from django.db import models

from regions.models import Region

# Raised whenever a rule or a limit changes, so that old findings can be told from new ones.
SETTINGS_VERSION = 3


class Evaluation(models.Model):
    """The last judgement of a region's local day by a set of rules."""

    class Rules(models.TextChoices):
        WATCH = "watch"
        DAY = "day"
        DISTRIBUTIONS = "drift"

    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    rules = models.CharField(max_length=10, choices=Rules.choices)
    day = models.DateField(help_text="The region's local day.")
    known_as_of = models.DateTimeField(help_text="Of the rows that were judged.")
    evaluated_at = models.DateTimeField()
    settings_version = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("region", "rules", "day"), name="evaluation_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.rules} {self.day}"
