"""What the rules of distributions remember, and what people told them to take for normal."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from regions.models import Region


class NewNormal(models.Model):
    """A person's word that what an alert found is how things are now. Rows are only ever added.

    References of the region's family of rules, and of the service and version where the alert has
    them, begin again with `first_day`.
    """

    alert = models.ForeignKey("alerts.Alert", models.PROTECT, related_name="new_normals")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", db_index=False)
    family = models.CharField(max_length=20)
    service = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=100, blank=True)
    first_day = models.DateField(help_text="The region's local day.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=("region", "family"), name="new_normal_by_region")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="new_normal_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.family} from {self.first_day}"
