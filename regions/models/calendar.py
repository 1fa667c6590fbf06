"""Days on which one region keeps another rhythm than its weekdays and its country say."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from regions.models.region import Region


class CalendarException(models.Model):
    """One local day of a region: off though it would work, or worked though it would be off."""

    region = models.ForeignKey(
        Region, models.CASCADE, verbose_name=_("region"), related_name="exceptions", db_index=False
    )
    day = models.DateField(_("day"))
    is_off = models.BooleanField(_("does not work"), default=True)
    reason = models.CharField(_("reason"), max_length=200)

    class Meta:
        verbose_name = _("exception of the calendar")
        verbose_name_plural = _("exceptions of the calendar")
        ordering = ("-day", "region__code")
        constraints = [
            models.UniqueConstraint(
                fields=("region", "day"), name="calendar_has_one_exception_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.day}"
