"""What the rules of distributions remember, and what people told them to take for normal."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from regions.models import Region


class NewNormal(models.Model):
    """A person's word that what an alert found is how things are now. Rows are only ever added.

    References of the region's family of rules, and of the service and version where the alert has
    them, begin again with `first_day`. Of errors and slow answers nothing does, since nobody may be
    blind to them for weeks: `share` is usual until the reference lies behind that day.
    """

    alert = models.ForeignKey("alerts.Alert", models.PROTECT, related_name="new_normals")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", db_index=False)
    family = models.CharField(max_length=20)
    service = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=100, blank=True)
    first_day = models.DateField(help_text="The region's local day.")
    share = models.FloatField(null=True, help_text="Of errors or slow answers, as last found.")
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


class SeriesDay(models.Model):
    """What the judgement of one day left of one series for the days after it.

    A series is an attribute of a region's studies, or the scores or sizes of one class of a model
    version. `day_…` is against the region's own recent days, `slow_…` against older ones; an excess
    is the square of what differs (the divergence itself for shape) less what chance makes, a score
    is in standard deviations, or times what was expected for shape. Null where nothing was
    compared, or the day is not to be remembered. All of it can be made again from the days' rows.
    """

    pk = models.CompositePrimaryKey("day", "region_id", "service", "version", "attribute")
    day = models.DateField(help_text="The region's local day.")
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    service = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=100, blank=True)
    attribute = models.CharField(max_length=100)
    is_off = models.BooleanField()
    day_location_excess = models.FloatField(null=True)
    day_tail_excess = models.FloatField(null=True)
    day_shape_excess = models.FloatField(null=True)
    day_location_score = models.FloatField(null=True)
    day_tail_score = models.FloatField(null=True)
    day_shape_score = models.FloatField(null=True)
    slow_location_excess = models.FloatField(null=True)
    slow_tail_excess = models.FloatField(null=True)
    slow_shape_excess = models.FloatField(null=True)
    slow_location_score = models.FloatField(null=True)
    slow_tail_score = models.FloatField(null=True)
    slow_shape_score = models.FloatField(null=True)
    sum_upwards = models.FloatField(help_text="After the day; it begins at 0 again beyond 8.")
    sum_downwards = models.FloatField()
    sum_tail = models.FloatField()
    sum_shape = models.FloatField()
    p = models.FloatField(null=True, help_text="How rare such a day is in the fleet; a jump's.")

    class Meta:
        indexes = [models.Index(fields=("region", "day"), name="series_day_by_region")]

    def __str__(self) -> str:
        return f"{self.region_id} {self.day} {self.attribute}"


class Difference(models.Model):
    """Of a finding: what of a distribution moved, by how much, and how much is usual."""

    class Rule(models.TextChoices):
        DAY = "day", "a jump"
        SLOW = "slow", "a creep"

    class Channel(models.TextChoices):
        LOCATION = "location", "probability that a value lies above a usual one, less ½"
        TAIL = "tail", "mass beyond the usual 0.5 % and 99.5 % points"
        SHAPE = "shape", "Jensen–Shannon divergence, bits"

    finding = models.OneToOneField("alerts.Finding", models.PROTECT, related_name="difference")
    rule = models.CharField(max_length=10, choices=Rule.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    value = models.FloatField(help_text="In the channel's unit.")
    usual_low = models.FloatField()
    usual_high = models.FloatField(null=True)
    n = models.PositiveIntegerField(help_text="Studies compared.")
    n_reference = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.finding_id} {self.rule} {self.channel}"


class MovedShare(models.Model):
    """One of the bins, or categories, of a finding whose shares moved most."""

    finding = models.ForeignKey("alerts.Finding", models.PROTECT, related_name="moved")
    bin = models.PositiveSmallIntegerField(null=True, help_text="0 below the range, 63 above it.")
    category = models.CharField(max_length=100, blank=True)
    share = models.FloatField()
    usual_share = models.FloatField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        where = self.category if self.bin is None else self.bin
        return f"{where} {self.usual_share:.3f} → {self.share:.3f}"
