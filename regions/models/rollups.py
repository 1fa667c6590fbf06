"""What is kept of the regions' rows: mergeable counts and histograms by hour and local day.

Only `regions.collect` writes these tables, and it replaces a bucket, it never adds to one.
Bins are fixed by the contract's version (`regions/histograms.py`). An hour is stored as the
instant at which it begins; `day` is the region's local date.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from regions.models.region import Region


def histogram_field() -> ArrayField[list[int], list[int]]:
    return ArrayField(models.IntegerField())


class Outcomes(models.Model):
    """Studies received and what became of their answers.

    `n_expected` counts answers: one for each study and pipeline, judged by the last attempt. It
    is the sum of done, failed, rejected, pending and unknown.
    """

    n_received = models.IntegerField()
    n_filtered = models.IntegerField(help_text="Refused before they became a study.")
    n_expected = models.IntegerField()
    n_done = models.IntegerField()
    n_failed = models.IntegerField()
    n_rejected = models.IntegerField()
    n_pending = models.IntegerField()
    n_unknown = models.IntegerField(help_text="A status outside the contract's vocabulary.")
    n_fallback = models.IntegerField()
    n_bad_latency = models.IntegerField(help_text="Done, with a negative or missing latency.")
    n_scored = models.IntegerField()
    n_positive = models.IntegerField()
    n_capped = models.IntegerField(help_text="Distinct values folded into “(other)”.")
    latency_p50_s = models.FloatField(null=True)
    latency_p95_s = models.FloatField(null=True)
    latency_p99_s = models.FloatField(null=True)
    wait_p50_s = models.FloatField(null=True)
    wait_p95_s = models.FloatField(null=True)
    collected_at = models.DateTimeField()

    class Meta:
        abstract = True


class HourlyRollup(Outcomes):
    pk = models.CompositePrimaryKey("region_id", "hour")
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    day = models.DateField()
    fingerprint = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=("region", "day"), name="hourly_by_day")]


class DailyRollup(Outcomes):
    pk = models.CompositePrimaryKey("day", "region_id")
    day = models.DateField()
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    fingerprint = models.BigIntegerField(help_text="Of all hours of the day.")
    profile_fingerprint = models.BigIntegerField(
        null=True, help_text="The day's fingerprint when its profile was collected."
    )
    profile_at = models.DateTimeField(null=True)
    latency_histogram = histogram_field()
    wait_histogram = histogram_field()

    class Meta:
        indexes = [models.Index(fields=("region", "day"), name="daily_by_region")]


class HourlyFlow(models.Model):
    """Answers of one hour's studies by pipeline version and modality."""

    pk = models.CompositePrimaryKey(
        "region_id", "hour", "pipeline_code", "pipeline_version", "modality"
    )
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    pipeline_code = models.TextField()
    pipeline_version = models.TextField()
    modality = models.TextField()
    n_expected = models.IntegerField()
    n_done = models.IntegerField()
    n_failed = models.IntegerField()
    n_rejected = models.IntegerField()
    n_pending = models.IntegerField()
    n_unknown = models.IntegerField()
    n_fallback = models.IntegerField()
    n_bad_latency = models.IntegerField()
    latency_histogram = histogram_field()
    wait_histogram = histogram_field()


class HourlyOutput(models.Model):
    """Scores of one hour by model version, class and node, as far as the hour must be judged."""

    pk = models.CompositePrimaryKey(
        "region_id", "hour", "model_code", "model_version", "class_code", "node"
    )
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    model_code = models.TextField()
    model_version = models.TextField()
    class_code = models.TextField()
    node = models.TextField()
    n_scored = models.IntegerField()
    n_positive = models.IntegerField()
    n_invalid = models.IntegerField(help_text="NaN, infinite or missing scores.")
    n_distinct = models.IntegerField()
    n_identical = models.IntegerField(help_text="Size of the largest group of equal scores.")
    n_objects = models.IntegerField()


class HourlyCause(models.Model):
    """Why studies of one hour failed or were refused."""

    class Kind(models.TextChoices):
        FAILED = "failed"
        REJECTED = "rejected"
        FALLBACK = "fallback"

    pk = models.CompositePrimaryKey("region_id", "hour", "kind", "reason", "detail")
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.TextField(help_text="error_class, reason_code or fallback_kind.")
    detail = models.TextField(help_text="error_side, stage or fallback_reason.")
    n = models.IntegerField()


class DailyScore(models.Model):
    """Scores and object sizes of one local day by model version, class and node."""

    pk = models.CompositePrimaryKey(
        "region_id", "day", "model_code", "model_version", "class_code", "node"
    )
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    model_code = models.TextField()
    model_version = models.TextField()
    class_code = models.TextField()
    node = models.TextField()
    n_scored = models.IntegerField()
    n_positive = models.IntegerField()
    n_invalid = models.IntegerField()
    n_objects = models.IntegerField()
    score_histogram = histogram_field()
    size_histogram = histogram_field()


class DailyInput(models.Model):
    """One numeric attribute of one local day's studies by device model."""

    pk = models.CompositePrimaryKey("region_id", "day", "attribute", "device_model")
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    attribute = models.TextField()
    device_model = models.TextField()
    n = models.IntegerField()
    histogram = histogram_field()


class DailyCategory(models.Model):
    """One value of a categorical attribute of one local day's studies by device model."""

    pk = models.CompositePrimaryKey("region_id", "day", "attribute", "device_model", "category")
    region = models.ForeignKey(Region, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    attribute = models.TextField()
    device_model = models.TextField()
    category = models.TextField()
    n = models.IntegerField()
