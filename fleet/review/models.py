"""What people said of a region's local day: that they looked at it, and what they noted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from fleet.alerts.models import Alert
from regions.models import Region

LONGEST_NOTE = 2000


class SignOff(models.Model):
    """One person's word that a region's day was looked at, with what the page showed then.

    It is never deleted. One that was undone, or replaced after the day's data had changed, keeps
    its row with `undone_at`. The counts are null where nothing was known.
    """

    region = models.ForeignKey(Region, models.PROTECT, related_name="sign_offs", db_index=False)
    day = models.DateField(_("day"))
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("who"), related_name="sign_offs"
    )
    signed_by_name = models.CharField(max_length=301)
    signed_at = models.DateTimeField(_("at"))
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    freshness = models.CharField(max_length=10)
    known_as_of = models.DateTimeField(null=True)
    mark = models.CharField(max_length=10)
    fingerprint = models.BigIntegerField(null=True, help_text="Of the DailyRollup that was shown.")
    n_received = models.IntegerField(null=True)
    n_filtered = models.IntegerField(null=True)
    n_expected = models.IntegerField(null=True)
    n_pending = models.IntegerField(null=True)
    n_done = models.IntegerField(null=True)
    n_failed = models.IntegerField(null=True)
    n_rejected = models.IntegerField(null=True)
    n_fallback = models.IntegerField(null=True)
    n_scored = models.IntegerField(null=True)
    n_positive = models.IntegerField(null=True)
    latency_p95_s = models.FloatField(null=True)

    class Meta:
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        ordering = ("-signed_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("day", "region"),
                condition=Q(undone_at=None),
                name="sign_off_stands_once_a_day",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="sign_off_is_undone_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.day} {self.signed_by_name}"


class SignedReason(models.Model):
    """One of the reasons that stood beside the region when its day was signed."""

    sign_off = models.ForeignKey(SignOff, models.CASCADE, related_name="reasons")
    rank = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    level = models.CharField(max_length=10)
    sentence = models.CharField(max_length=500, help_text="In the language of who signed.")

    class Meta:
        ordering = ("rank", "pk")

    def __str__(self) -> str:
        return self.sentence


class SignedAlert(models.Model):
    """One of the alerts that stood beside the region when its day was signed."""

    sign_off = models.ForeignKey(SignOff, models.CASCADE, related_name="alerts")
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40, help_text="As it was then.")
    is_taken = models.BooleanField(help_text="Whether somebody had taken it.")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.sign_off_id} {self.kind}"


class Note(models.Model):
    """What a person wrote of a region's day; without a region, of the whole fleet's day.

    `reason` is the code of the reason that the note explains: a failing one that is explained
    does not keep the day from being signed.
    """

    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="notes")
    day = models.DateField(_("day"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("who"), related_name="notes"
    )
    author_name = models.CharField(max_length=301)
    at = models.DateTimeField(_("at"))
    reason = models.CharField(max_length=40, blank=True)
    text = models.TextField(_("note"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("at", "pk")
        indexes = [models.Index(fields=("day", "region"), name="notes_of_a_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(GreaterThan(Length("text"), 0))
                & Q(LessThanOrEqual(Length("text"), LONGEST_NOTE)),
                name="note_is_not_empty_nor_long",
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]
