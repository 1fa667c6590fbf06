"""Runs of the collector and where each region stands now."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from regions.models.path import AccessPath
from regions.models.region import Region


class FailureKind(models.TextChoices):
    """Why a collection or a tunnel failed; the sentence beside it is for people."""

    NO_PATH = "no_path", _("no path")
    CENTER = "center", _("our own fault")
    LINK = "link", _("link")
    AUTH = "auth", _("login")
    HOST_KEY = "host_key", _("host key")
    CONFIGURATION = "configuration", _("configuration")
    CONTRACT = "contract", _("contract")
    TIMEOUT = "timeout", _("timeout")
    REGION_ERROR = "region_error", _("error in the region")


class Collection(models.Model):
    """One finished run for one region. `failure` is empty when it succeeded."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="collections")
    path = models.ForeignKey(AccessPath, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    window_from = models.DateTimeField(null=True)
    n_hours_checked = models.PositiveIntegerField(default=0)
    n_hours_replaced = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=20, choices=FailureKind.choices, blank=True)
    sentence = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-started_at",)
        indexes = [models.Index(fields=("region", "-started_at"), name="collection_latest")]

    def __str__(self) -> str:
        return f"{self.region_id} {self.started_at:%Y-%m-%d %H:%M}"


class RegionStatus(models.Model):
    """Where one region stands: a row that each collection replaces and pages read."""

    region = models.OneToOneField(Region, models.CASCADE, primary_key=True, related_name="status")
    last_attempt_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(
        null=True, help_text="The region's rows are known as of this moment."
    )
    last_sweep_at = models.DateTimeField(null=True, help_text="Last check of every kept hour.")
    last_look_back_at = models.DateTimeField(null=True, help_text="Last look for late rows.")
    next_due_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    n_failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True)
    failure = models.CharField(max_length=20, choices=FailureKind.choices, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    path = models.ForeignKey(AccessPath, models.SET_NULL, null=True, related_name="+")
    provides = models.CharField(max_length=500, blank=True, help_text="Contract views, by commas.")
    contract_minor = models.PositiveSmallIntegerField(null=True)
    server_version = models.PositiveIntegerField(null=True)
    columns_hash = models.CharField(max_length=64, blank=True)
    clock_skew_s = models.FloatField(null=True)
    latest_received_at = models.DateTimeField(null=True)
    n_misdated = models.PositiveBigIntegerField(
        default=0, help_text="Studies dated in the future, before 2000 or not at all."
    )
    n_capped = models.PositiveBigIntegerField(
        default=0, help_text="Distinct values over the contract's cap in the last replaced hours."
    )

    def __str__(self) -> str:
        return f"{self.region_id}: {self.failure or 'ok'}"
