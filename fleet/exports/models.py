"""A request for studies, and each study's way to a package or to the reason why there is none."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fleet.exports.models_events import ExportEvent  # noqa: F401 (Django looks for models here)
from fleet.exports.models_sources import (  # noqa: F401
    ExportPolicy,
    ExportRight,
    LinkUse,
    StudySource,
)
from regions.models import Region


class Export(models.Model):
    """One request of one person for one or more studies of one region."""

    class Priority(models.IntegerChoices):
        URGENT = 1, _("urgent")
        NORMAL = 2, _("normal")
        WHENEVER = 3, _("when there is time")

    region = models.ForeignKey(Region, models.PROTECT, related_name="exports")
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="exports_asked"
    )
    requested_at = models.DateTimeField(_("asked at"))
    reason = models.CharField(_("why"), max_length=500)
    purpose = models.CharField(_("purpose"), max_length=30, help_text="A code of PURPOSES.")
    # Pseudonyms are the same within a project, and others in every other.
    project = models.SlugField(_("project"), max_length=50)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    # What the studies have in common, where they were not named one by one.
    alert_number = models.BigIntegerField(_("alert"), null=True, blank=True)
    day = models.DateField(_("day"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="exports_decided"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    is_approved = models.BooleanField(_("approved"), null=True)
    decision = models.CharField(_("why decided so"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("requester")),
                name="export_decided_by_another",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} ({self.region.code})"


class ExportedStudy(models.Model):
    """One study on its way. What a patient could be known by is never in this table.

    `state` says how far it came; a paused study stays in its state and is not worked on. A state
    of FINAL is not left any more.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("asked for")
        WAITING_APPROVAL = "waiting_approval", _("waits for a second person")
        QUEUED = "queued", _("waits for its turn")
        FETCHING = "fetching", _("is fetched")
        CLEANING = "cleaning", _("is de-identified")
        VALIDATING = "validating", _("is validated")
        PREVIEW = "preview", _("waits to be looked through")
        READY = "ready", _("ready")
        EXPIRED = "expired", _("expired")
        SHREDDED = "shredded", _("shredded")
        REFUSED = "refused", _("refused")
        UNAVAILABLE = "unavailable", _("not available")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    FINAL = frozenset(
        {State.SHREDDED, State.REFUSED, State.UNAVAILABLE, State.FAILED, State.CANCELLED}
    )

    class Why(models.TextChoices):
        """Why a study is not available, or failed."""

        UNKNOWN = "unknown", _("no archive of the region knows the study")
        EXPIRED = "expired", _("the region has let the study expire")
        DELETED = "deleted", _("the study was deleted in the region")
        PATH_CLOSED = "path_closed", _("the way into the region is closed")
        NO_SOURCE = "no_source", _("no archive of the region is configured")
        TOO_BIG = "too_big", _("the study is bigger than the region's policy allows")
        SOURCE = "source", _("the archive answered wrongly")
        DISK_FULL = "disk_full", _("there is not enough room for the study")
        UNCLEAN = "unclean", _("the study cannot be de-identified")
        INTERNAL = "internal", _("an error of Fleet itself")

    export = models.ForeignKey(Export, models.PROTECT, related_name="studies")
    study_ref = models.CharField(_("study"), max_length=200)
    state = models.CharField(max_length=20, choices=State.choices, default=State.REQUESTED)
    state_since = models.DateTimeField()
    why = models.CharField(max_length=20, choices=Why.choices, blank=True)
    # The technical sentence behind `why`, without anything of a patient.
    sentence = models.CharField(max_length=500, blank=True)
    is_paused = models.BooleanField(default=False)
    wants_cancel = models.BooleanField(default=False)
    # After a passing failure: how often, and not before when.
    n_failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    planned_at = models.DateTimeField(null=True)

    source = models.ForeignKey(StudySource, models.SET_NULL, null=True, related_name="+")
    looked_up_at = models.DateTimeField(null=True)
    n_instances = models.PositiveIntegerField(null=True)
    n_bytes = models.PositiveBigIntegerField(null=True)
    n_fetched = models.PositiveIntegerField(default=0)
    n_bytes_fetched = models.PositiveBigIntegerField(default=0)
    bytes_per_s = models.FloatField(null=True, help_text="Of the last half minute's fetching.")
    seen_at = models.DateTimeField(null=True, help_text="The worker's last sign of life.")
    n_cleaned = models.PositiveIntegerField(default=0)
    n_left_out = models.PositiveIntegerField(default=0)
    n_sheets = models.PositiveSmallIntegerField(default=0)
    n_bytes_reserved = models.PositiveBigIntegerField(default=0)

    looked_through_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    looked_through_at = models.DateTimeField(null=True)
    package_bytes = models.PositiveBigIntegerField(null=True)
    package_sha256 = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True)
    n_downloads = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("exported study")
        verbose_name_plural = _("exported studies")
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("export", "study_ref"), name="study_once_an_export")
        ]
        indexes = [models.Index(fields=("state", "state_since"), name="export_state")]

    def __str__(self) -> str:
        return f"{self.export_id}-{self.pk} {self.state}"
