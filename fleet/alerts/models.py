"""Findings of detectors, alerts, their history, and what people said must not ring."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from fleet.alerts.models_drift import (  # noqa: F401
    Difference,
    MovedShare,
    NewNormal,
    SeriesDay,
)
from fleet.alerts.models_evaluation import Evaluation  # noqa: F401
from fleet.alerts.models_outbox import (  # noqa: F401 (Django looks for models here)
    Channel,
    Message,
    MessengerAccount,
)
from regions.models import Region


class Finding(models.Model):
    """What a detector saw in one window. Judging the window again does not add another."""

    kind = models.CharField(max_length=40)
    region = models.ForeignKey(Region, models.PROTECT, related_name="findings", db_index=False)
    service = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=100, blank=True)
    attribute = models.CharField(max_length=100, blank=True)
    day = models.DateField(help_text="The region's local day.")
    begins_at = models.DateTimeField(help_text="Of the window; of a lost link, since when.")
    span = models.DurationField(default=timedelta)
    score = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    usual_low = models.FloatField(null=True)
    usual_high = models.FloatField(null=True)
    detail = models.CharField(
        max_length=500, blank=True, help_text="What is found, in a region's own words."
    )
    n_others = models.PositiveIntegerField(
        null=True,
        help_text="Other regions on the version that are fine, or that run the usual one.",
    )
    usual_version = models.CharField(max_length=100, blank=True, help_text="Of most regions.")
    ran_until = models.DateField(null=True, help_text="The version, before it came back.")
    settings_version = models.PositiveIntegerField(default=1)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("region", "kind", "service", "version", "attribute", "begins_at", "span"),
                name="finding_once_a_window",
            )
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.kind} {self.day}"


class Alert(models.Model):
    """One cause that somebody should act on. Only lifecycle.py, changes.py and causes.py write it.

    Without a region it is of the whole fleet. `under` is the alert that explains this one: a lost
    link, or an alert of the fleet.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"
        RESOLVED = "resolved"

    kind = models.CharField(max_length=40)
    family = models.CharField(max_length=20)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, related_name="alerts", db_index=False
    )
    service = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=100, blank=True)
    under = models.ForeignKey("self", models.PROTECT, null=True, related_name="explains")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    is_unstable = models.BooleanField(default=False)
    opened_at = models.DateTimeField(help_text="Last time, if it came back.")
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    acknowledged_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    last_found_day = models.DateField(null=True)
    last_clear_day = models.DateField(null=True)
    n_clear_days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-opened_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=("region", "service", "version", "family"),
                condition=Q(resolved_at=None, region__isnull=False),
                name="alert_once_a_cause",
            ),
            models.UniqueConstraint(
                fields=("kind", "service", "version"),
                condition=Q(resolved_at=None, region=None),
                name="alert_of_fleet_once_a_cause",
            ),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_at__isnull=False)
                | (~Q(state="resolved") & Q(resolved_at=None)),
                name="alert_is_resolved_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region_id or 'fleet'} {self.kind} {self.state}"


class AlertEvent(models.Model):
    """One thing that happened to an alert. Rows are only ever added.

    Without an author the rules did it.
    """

    class Kind(models.TextChoices):
        OPENED = "opened"
        REOPENED = "reopened"
        UNSTABLE = "unstable"
        WORSENED = "worsened"
        ACKNOWLEDGED = "acknowledged"
        GIVEN_BACK = "given_back"
        ASKED = "asked"
        EXPIRED = "expired"
        RESOLVED = "resolved"
        EXPLAINED = "explained"
        BARED = "bared"

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    finding = models.ForeignKey(Finding, models.PROTECT, null=True, related_name="events")
    reason = models.CharField(max_length=500, blank=True)
    is_false_alarm = models.BooleanField(
        default=False, help_text="Who resolved it says that nothing was wrong."
    )

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.alert_id} {self.kind}"


class Silence(models.Model):
    """What must not ring until a time. An empty field of the scope means every."""

    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="silences")
    service = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="silences")
    reason = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("begins_at")) & ~Q(reason=""),
                name="silence_ends_and_has_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.region_id or 'fleet'} {self.kind} until {self.ends_at:%Y-%m-%d %H:%M}"

    @property
    def scope(self) -> str:
        """What is muted, as the audit trail names it."""
        return f"{self.kind or 'all kinds'} {self.service}".strip()


class Maintenance(models.Model):
    """Work in a region, every day from one date to another, in the region's time.

    What lies in it is not judged. It passes midnight when `until` is not after `since`.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="maintenances")
    first_day = models.DateField()
    last_day = models.DateField()
    since = models.TimeField()
    until = models.TimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    ended_at = models.DateTimeField(null=True, help_text="If it was over sooner than planned.")

    def __str__(self) -> str:
        return f"{self.region_id} {self.first_day} {self.since}-{self.until}"

    @property
    def span(self) -> str:
        """When the work is, as the audit trail names it."""
        return f"{self.first_day} – {self.last_day}, {self.since:%H:%M}-{self.until:%H:%M}"

    def covers(self, local: datetime) -> bool:
        """Return whether this moment of the region's own time lies in the work."""
        if self.ended_at and local >= self.ended_at:
            return False
        day, time = local.date(), local.time()
        if self.since < self.until:
            return self.first_day <= day <= self.last_day and self.since <= time < self.until
        began = day if time >= self.since else day - timedelta(days=1)
        return self.first_day <= began <= self.last_day and not self.until <= time < self.since
