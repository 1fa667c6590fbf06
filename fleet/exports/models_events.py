"""The trail of exports: rows are only ever added, and each holds the hash of the one before."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportEvent(models.Model):
    """One thing that happened to an export or to a study of it.

    Names, codes and references are copied, so that the trail outlives what it speaks of. No role
    that serves pages or runs tasks may change or delete a row. `sha256` is of the row's own values
    and of `previous_sha256`: a row that was changed or taken out breaks the chain.
    """

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("asked for")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")
        LOOKED_UP = "looked_up", _("looked up in the region")
        UNAVAILABLE = "unavailable", _("not available")
        PRIORITISED = "prioritised", _("changed the priority")
        PAUSED = "paused", _("paused")
        RESUMED = "resumed", _("resumed")
        CANCELLED = "cancelled", _("cancelled")
        FETCHED = "fetched", _("fetched from the region")
        CLEANED = "cleaned", _("de-identified")
        LOOKED_THROUGH = "looked_through", _("looked through the contact sheets")
        RELEASED = "released", _("released")
        PACKED = "packed", _("packed")
        FAILED = "failed", _("failed")
        DOWNLOADED = "downloaded", _("downloaded")
        EXPIRED = "expired", _("expired")
        SHREDDED = "shredded", _("shredded")

    at = models.DateTimeField(_("at"), db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # Empty: Fleet itself.
    username = models.CharField(_("who"), max_length=150, blank=True, db_index=True)
    region_code = models.CharField(_("region"), max_length=31)
    export_id = models.BigIntegerField(_("export"), db_index=True)
    study_ref = models.CharField(_("study"), max_length=200, blank=True, db_index=True)
    detail = models.CharField(_("detail"), max_length=1000, blank=True)
    previous_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("export event")
        verbose_name_plural = _("trail of exports")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.username} {self.kind} {self.export_id}"
