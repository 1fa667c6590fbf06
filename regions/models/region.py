"""One closed contour: its code, clock, rhythm and the reader of its database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from regions.calendars import is_known
from regions.credentials import validate_reference
from regions.localday import validate_time_zone

SHORTEST_LENGTH = timedelta(seconds=1)
CODE_PATTERN = r"^[a-z][a-z0-9_]{1,30}$"


def validate_country(code: str) -> None:
    """Refuse what is no country whose holidays are known."""
    if not is_known(code):
        raise ValidationError(
            _("No holidays are known of “%(code)s”: write an ISO code such as RU, or nothing."),
            params={"code": code},
        )


class Level(models.IntegerChoices):
    CLOUD = 1, _("cloud")
    REMOTE = 2, _("remote")
    OFFLINE = 3, _("offline")


class Region(models.Model):
    """One administrative unit that we serve and the PostgreSQL that it keeps."""

    code = models.CharField(
        _("code"),
        max_length=31,
        unique=True,
        validators=[
            RegexValidator(
                CODE_PATTERN,
                _("Write 2 to 31 small Latin letters, digits or _, a letter first, like “tver”."),
            )
        ],
    )
    name = models.CharField(_("name"), max_length=100)
    time_zone = models.CharField(
        _("time zone"), max_length=64, validators=[validate_time_zone], help_text="Europe/Moscow"
    )
    level = models.PositiveSmallIntegerField(
        _("level"), choices=Level.choices, default=Level.REMOTE
    )
    is_active = models.BooleanField(_("active"), default=True)

    collect_every = models.DurationField(_("collect every"), default=timedelta(minutes=5))
    late_after = models.DurationField(_("data are late after"), default=timedelta(minutes=30))
    stale_after = models.DurationField(_("data are stale after"), default=timedelta(hours=6))
    open_weekdays = models.CharField(
        _("open weekdays"),
        max_length=7,
        default="1234567",
        validators=[RegexValidator(r"^1?2?3?4?5?6?7?$", _("Write ISO weekdays in order: 12345."))],
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        validators=[validate_country],
        help_text=_("ISO code, RU: its holidays are days off. Without it weekdays alone count."),
    )

    database_name = models.CharField(_("database"), max_length=63, default="fleet")
    database_user = models.CharField(_("reader"), max_length=63, default="fleet_reader")
    database_password = models.CharField(
        _("reader's password"),
        max_length=500,
        blank=True,
        validators=[validate_reference],
        help_text=_("env:NAME, file:/path, or a sealed value."),
    )

    class Meta:
        ordering = ("code",)
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=CODE_PATTERN), name="region_code_is_well_formed"
            ),
            models.CheckConstraint(
                condition=models.Q(late_after__lte=models.F("stale_after")),
                name="region_is_late_before_stale",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse lengths that would make the region never due, or stale before it is late."""
        lengths = {
            name: getattr(self, name) for name in ("collect_every", "late_after", "stale_after")
        }
        if not all(isinstance(length, timedelta) for length in lengths.values()):
            return
        for name, length in lengths.items():
            if length < SHORTEST_LENGTH:
                raise ValidationError({name: _("Write at least one second.")})
        if self.late_after > self.stale_after:
            raise ValidationError(
                {"late_after": _("Data are late before they are stale: write the shorter time.")}
            )

    def unique_error_message(
        self, model_class: type[models.Model], unique_check: Sequence[str]
    ) -> ValidationError:
        """Return what the admin and `add_region` say of a second region with the same code."""
        if tuple(unique_check) != ("code",):
            return super().unique_error_message(model_class, unique_check)
        return ValidationError(
            _("There is a region “%(code)s” already: choose another code, or edit that region."),
            code="unique",
            params={"code": self.code},
        )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def foreign_schema(self) -> str:
        """The schema of this region's foreign tables at the center."""
        return f"region_{self.code}"
