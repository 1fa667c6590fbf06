"""What a person may do, and the trail of what people did."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from regions.models import Region


class Role(models.TextChoices):
    """Each role may do what the one before it may."""

    VIEWER = "viewer", _("viewer")
    ON_CALL = "on_call", _("on-call")
    ADMIN = "admin", _("administrator")


class Theme(models.TextChoices):
    SYSTEM = "system", _("like the system")
    LIGHT = "light", _("light")
    DARK = "dark", _("dark")


class Person(models.Model):
    """What belongs to an account: its role, its regions and how it likes its pages."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="person"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)
    sees_all_regions = models.BooleanField(_("sees all regions"), default=False)
    regions = models.ManyToManyField(
        Region, verbose_name=_("regions"), blank=True, related_name="people"
    )
    theme = models.CharField(_("theme"), max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    uses_shortcuts = models.BooleanField(_("uses keyboard shortcuts"), default=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.user.get_username()


class AuditEvent(models.Model):
    """One thing that somebody did. Rows are only ever added: the web role may not change them.

    Names and codes are copied, so that the trail outlives what it speaks of.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("sign-in failed")
        SIGNED_OUT = "signed_out", _("signed out")
        SIGNED_OFF = "signed_off", _("signed a day off")
        SIGN_OFF_UNDONE = "sign_off_undone", _("took a sign-off back")
        NOTED = "noted", _("wrote a note")
        CONFIGURED = "configured", _("changed the configuration")
        STUDIES_READ = "studies_read", _("read studies in the region")
        SILENCED = "silenced", _("silenced alerts")
        SILENCE_ENDED = "silence_ended", _("ended a silence")
        MAINTENANCE_PLANNED = "maintenance_planned", _("planned work in a region")
        MAINTENANCE_ENDED = "maintenance_ended", _("ended work in a region")
        TOKEN_MADE = "token_made", _("made an API token")
        TOKEN_REVOKED = "token_revoked", _("revoked an API token")
        MESSENGER_TESTED = "messenger_tested", _("tested a messenger")

    at = models.DateTimeField(_("at"), db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    username = models.CharField(_("who"), max_length=150, blank=True)
    region_code = models.CharField(_("region"), max_length=31, blank=True)
    subject = models.CharField(_("what"), max_length=200, blank=True)
    detail = models.CharField(_("detail"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.username} {self.kind} {self.subject}"
