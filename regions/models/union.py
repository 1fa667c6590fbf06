"""Which regions the union views hold, and why the others are out."""

from __future__ import annotations

from django.db import models

from regions.models.region import Region


class UnionCoverage(models.Model):
    """One row a region, written when the union views are rebuilt."""

    region = models.OneToOneField(
        Region, models.CASCADE, primary_key=True, related_name="union_coverage"
    )
    is_included = models.BooleanField()
    reason = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.region_id}: {'in' if self.is_included else self.reason}"
