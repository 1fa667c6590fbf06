"""The ordered ways into a region, and what the tunnel keeper says of each."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from regions.credentials import validate_reference
from regions.hostkeys import validate_host_key
from regions.models.region import Region

PORT = [MinValueValidator(1), MaxValueValidator(65535)]
# libpq opens <folder>/.s.PGSQL.<port>; one folder a path, so the port says nothing.
SOCKET_PORT = 5432


class AccessPath(models.Model):
    """One way into a region; the first by `position` that works wins.

    `database_host` and `database_port` are seen from the path's far end: from the center when
    direct, from the last SSH hop otherwise.
    """

    class Kind(models.TextChoices):
        DIRECT = "direct", _("direct")
        SSH = "ssh", _("SSH")

    region = models.ForeignKey(Region, models.CASCADE, related_name="paths")
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    database_host = models.CharField(_("database host"), max_length=255, default="127.0.0.1")
    database_port = models.PositiveIntegerField(_("database port"), default=5432, validators=PORT)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        ordering = ("region", "position")
        verbose_name = _("access path")
        verbose_name_plural = _("access paths")
        constraints = [
            models.UniqueConstraint(fields=("region", "position"), name="one_path_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.region.code} {self.position} ({self.get_kind_display()})"

    def clean(self) -> None:
        if self.kind == self.Kind.DIRECT and self.pk and self.hops.exists():
            raise ValidationError({"kind": _("A direct path has no SSH hops: remove them first.")})

    @property
    def socket_folder(self) -> Path:
        """The folder that holds this path's local socket."""
        return Path(settings.FLEET_SOCKET_DIR) / f"{self.region.code}-{self.position}"

    @property
    def endpoint(self) -> tuple[str, int]:
        """The host (or socket folder) and port at which libpq here finds the database."""
        if self.kind == self.Kind.SSH:
            return str(self.socket_folder), SOCKET_PORT
        return self.database_host, self.database_port


class SshHop(models.Model):
    """One SSH server on a path, in order; the last one forwards to the database."""

    path = models.ForeignKey(AccessPath, models.CASCADE, related_name="hops")
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    host = models.CharField(_("host"), max_length=255)
    port = models.PositiveIntegerField(_("port"), default=22, validators=PORT)
    user = models.CharField(_("user"), max_length=63)
    private_key = models.CharField(
        _("private key"),
        max_length=10_000,
        validators=[validate_reference],
        help_text=_("file:/path, env:NAME, or a sealed value."),
    )
    passphrase = models.CharField(
        _("passphrase"), max_length=500, blank=True, validators=[validate_reference]
    )
    host_key = models.CharField(
        _("host key"),
        max_length=2_000,
        validators=[validate_host_key],
        help_text=_("Type and key, as ssh-keyscan prints them: ssh-ed25519 AAAA…"),
    )

    class Meta:
        ordering = ("path", "position")
        verbose_name = _("SSH hop")
        verbose_name_plural = _("SSH hops")
        constraints = [
            models.UniqueConstraint(fields=("path", "position"), name="one_hop_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


class TunnelState(models.Model):
    """What the tunnel keeper last said of an SSH path. Only the keeper writes it."""

    class State(models.TextChoices):
        OPENING = "opening", _("opening")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    path = models.OneToOneField(AccessPath, models.CASCADE, primary_key=True, related_name="tunnel")
    state = models.CharField(max_length=10, choices=State.choices)
    since = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="The keeper's last sign of life for this path.")
    failure = models.CharField(max_length=20, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    retry_at = models.DateTimeField(null=True)
