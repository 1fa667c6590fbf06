"""Where a region's studies lie, under which rules they leave it, and who may take or let them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fleet.people.models import Person
from regions.credentials import validate_reference
from regions.models import Region

PORT = [MinValueValidator(1), MaxValueValidator(65535)]
AE_TITLE = RegexValidator(
    r"^[\x21-\x5b\x5d-\x7e]{1,16}$", _("Write 1 to 16 characters without spaces.")
)


class StudySource(models.Model):
    """One archive of a region; the first by `position` that has the study wins.

    `host` and `port` are seen from the far end of the region's access path. An SFTP folder lies on
    the path's last SSH server itself, so that it needs neither.
    """

    class Kind(models.TextChoices):
        ORTHANC = "orthanc", _("Orthanc")
        DICOMWEB = "dicomweb", _("DICOMweb")
        SFTP = "sftp", _("SFTP folder")
        DIMSE = "dimse", _("C-FIND and C-GET")

    # What an administrator says of it, in this order.
    DESCRIBED_BY = (
        *("kind", "is_enabled", "host", "port", "base_path", "certificate"),
        *("username", "password", "called_ae_title", "calling_ae_title"),
        *("lookup", "lookup_tag", "keep_days"),
    )

    class Lookup(models.TextChoices):
        UID = "uid", _("by the UID that the region's contract gives")
        TAG = "tag", _("by a DICOM attribute that holds the reference")

    region = models.ForeignKey(Region, models.CASCADE, related_name="study_sources")
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    host = models.CharField(_("host"), max_length=255, blank=True)
    port = models.PositiveIntegerField(_("port"), null=True, blank=True, validators=PORT)
    base_path = models.CharField(
        _("path"),
        max_length=500,
        blank=True,
        help_text=_("/dicom-web, or the studies' folder: /archive/{study_uid}"),
    )
    username = models.CharField(_("user"), max_length=100, blank=True)
    password = models.CharField(
        _("password"),
        max_length=500,
        blank=True,
        validators=[validate_reference],
        help_text=_("env:NAME, file:/path, or a sealed value."),
    )
    certificate = models.CharField(
        _("TLS certificate"),
        max_length=500,
        blank=True,
        validators=[
            RegexValidator(
                r"^(sha256:([0-9A-Fa-f]{2}:?){32}|file:/.+)$",
                _("Write file:/path of a CA's certificate, or sha256: and 64 hexadecimal digits."),
            )
        ],
        help_text=_(
            "Empty: without TLS. file:/path of the CA that signed the archive's certificate, or"
            " sha256: and the fingerprint of the archive's own."
        ),
    )
    called_ae_title = models.CharField(
        _("called AE title"), max_length=16, blank=True, validators=[AE_TITLE]
    )
    calling_ae_title = models.CharField(
        _("our AE title"), max_length=16, blank=True, default="FLEET", validators=[AE_TITLE]
    )
    lookup = models.CharField(
        _("how a study is looked up"), max_length=3, choices=Lookup.choices, default=Lookup.UID
    )
    lookup_tag = models.CharField(
        _("attribute of the reference"),
        max_length=9,
        blank=True,
        validators=[RegexValidator(r"^[0-9a-f]{4},[0-9a-f]{4}$", _("Write it like 0008,0050."))],
    )

    keep_days = models.PositiveSmallIntegerField(
        _("days that studies are kept"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: not known. Tells an expired study from a deleted one."),
    )

    class Meta:
        ordering = ("region", "position")
        verbose_name = _("study source")
        verbose_name_plural = _("study sources")
        constraints = [
            models.UniqueConstraint(fields=("region", "position"), name="one_source_a_position"),
        ]

    def __str__(self) -> str:
        return f"{self.region.code} {self.position} ({self.get_kind_display()})"

    def clean(self) -> None:
        """Refuse a source that could not be asked, naming what is missing."""
        missing: dict[str, object] = {}
        if self.kind == self.Kind.SFTP:
            if self.certificate:
                missing["certificate"] = _("Take it away: SFTP is within SSH already.")
            if "{study_uid}" not in self.base_path and "{study_ref}" not in self.base_path:
                missing["base_path"] = _("Name the folder with {study_uid} or {study_ref} in it.")
        else:
            if not self.host:
                missing["host"] = _("Write the host as the path's far end sees it: 127.0.0.1.")
            if not self.port:
                missing["port"] = _("Write the port.")
            if self.lookup == self.Lookup.TAG and not self.lookup_tag:
                missing["lookup_tag"] = _("Write the attribute: 0008,0050 is AccessionNumber.")
        if self.kind == self.Kind.DIMSE and not self.called_ae_title:
            missing["called_ae_title"] = _("Write the archive's AE title.")
        if missing:
            raise ValidationError(missing)


class ExportPolicy(models.Model):
    """Under which rules studies leave a region. Without one, none does."""

    region = models.OneToOneField(
        Region, models.CASCADE, primary_key=True, related_name="export_policy"
    )
    is_allowed = models.BooleanField(_("studies may leave"), default=False)
    needs_approval = models.BooleanField(_("a second person approves"), default=True)
    # The region's local clock; both empty: at any time. A window may run over midnight.
    window_begins = models.TimeField(_("link window from"), null=True, blank=True)
    window_ends = models.TimeField(_("to"), null=True, blank=True)
    bytes_per_day = models.PositiveBigIntegerField(
        _("bytes in one local day"), null=True, blank=True, help_text=_("Empty: no budget.")
    )
    max_study_bytes = models.PositiveBigIntegerField(_("bytes in one study"), default=4 * 1024**3)
    max_study_instances = models.PositiveIntegerField(_("files in one study"), default=5_000)
    keep_days = models.PositiveSmallIntegerField(
        _("days until a package expires"), default=30, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("export policy")
        verbose_name_plural = _("export policies")
        constraints = [
            models.CheckConstraint(
                condition=Q(window_begins__isnull=True, window_ends__isnull=True)
                | Q(window_begins__isnull=False, window_ends__isnull=False)
                & ~Q(window_begins=F("window_ends")),
                name="export_window_has_two_ends",
            )
        ]

    def __str__(self) -> str:
        return self.region.code

    def clean(self) -> None:
        if (self.window_begins is None) != (self.window_ends is None):
            raise ValidationError({"window_ends": _("Write both ends of the window, or neither.")})
        if self.window_begins is not None and self.window_begins == self.window_ends:
            raise ValidationError({"window_ends": _("Write another time than the beginning.")})


class LinkUse(models.Model):
    """What exports took of a region's line on one local day."""

    region = models.ForeignKey(Region, models.CASCADE, related_name="link_uses")
    day = models.DateField()
    n_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("region", "day"), name="one_link_use_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.region.code} {self.day}: {self.n_bytes}"


class ExportRight(models.Model):
    """What a person may do about exports of the regions that they see, or of one of them."""

    class Deed(models.TextChoices):
        ASK = "ask", _("ask for studies")
        APPROVE = "approve", _("approve requests of others")

    person = models.ForeignKey(Person, models.CASCADE, related_name="export_rights")
    region = models.ForeignKey(
        Region,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="export_rights",
        help_text=_("Empty: every region that the person sees."),
    )
    deed = models.CharField(_("may"), max_length=7, choices=Deed.choices)

    class Meta:
        verbose_name = _("right to export")
        verbose_name_plural = _("rights to export")
        constraints = [
            models.UniqueConstraint(
                fields=("person", "region", "deed"),
                name="export_right_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.deed}"
