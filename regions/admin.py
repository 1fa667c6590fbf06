"""Regions, their ways in and their SSH servers in Django's admin; secrets go in and never out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regions.credentials import seal, validate_reference
from regions.models import (
    AccessPath,
    CalendarException,
    Region,
    RegionStatus,
    SshHop,
    TunnelState,
)
from regions.registration import HOP_WORDS, REGION_WORDS


class SecretField(forms.CharField):
    """Takes a secret, or a reference to one, and never shows what is kept.

    Left empty it keeps what is there; a reference is kept as it is; anything else is sealed.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def prepare_value(self, value: Any) -> str:  # noqa: ARG002 (whatever it is, it is not shown)
        return ""

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002
        return bool(data)

    def clean(self, value: Any) -> str:
        """Return the reference to keep, or "" for what is there already."""
        text: str = super().clean(value)
        if not text:
            return ""
        try:
            validate_reference(text)
        except ValidationError:
            try:
                # Browsers send a text area's lines with CR LF, which OpenSSH's keys do not have.
                return seal(text.replace("\r\n", "\n"))
            except (ImproperlyConfigured, ValueError):
                raise ValidationError(
                    _("Set FLEET_CREDENTIAL_KEYS to seal it, or write env:NAME or file:/path.")
                ) from None
        return text


class SecretForm(forms.ModelForm):  # type: ignore[type-arg]  # plain at run time
    """A form whose secret fields say only whether, and where, a secret is kept."""

    secrets: tuple[str, ...] = ()
    optional_secrets: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.secrets:
            self.fields[name].help_text = _(
                "%(state)s. Write env:NAME, file:/path, or the secret itself, which is sealed."
            ) % {"state": say_kept(getattr(self.instance, name))}

    def clean(self) -> dict[str, Any]:
        """Put what is kept in the place of what was left empty."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.secrets:
            if name not in cleaned:
                continue
            cleaned[name] = cleaned[name] or getattr(self.instance, name)
            if not cleaned[name] and name not in self.optional_secrets:
                self.add_error(name, _("It is missing. Write it."))
        return cleaned


def say_kept(reference: str) -> str:
    """Return "set (env:NAME)", "set (sealed)" or "not set"."""
    if not reference:
        return _("not set")
    return _("set (%(where)s)") % {
        "where": _("sealed") if reference.startswith("sealed:") else reference
    }


class RegionForm(SecretForm):
    secrets = optional_secrets = ("database_password",)
    database_password = SecretField(
        label=gettext_lazy("reader's password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Region
        fields = REGION_WORDS


class HopForm(SecretForm):
    secrets = ("private_key", "passphrase")
    optional_secrets = ("passphrase",)
    private_key = SecretField(
        label=gettext_lazy("private key"), widget=forms.Textarea(attrs={"rows": 3, "cols": 60})
    )
    passphrase = SecretField(
        label=gettext_lazy("passphrase"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = SshHop
        fields = ("position", *HOP_WORDS)


class PathInline(admin.TabularInline):  # type: ignore[type-arg]  # plain at run time
    model = AccessPath
    extra = 0
    show_change_link = True
    readonly_fields = ("tunnel_state",)

    @admin.display(description=gettext_lazy("tunnel"))
    def tunnel_state(self, path: AccessPath) -> str:
        return say_tunnel(path)


class HopInline(admin.StackedInline):  # type: ignore[type-arg]  # plain at run time
    model = SshHop
    form = HopForm
    extra = 0


@admin.register(Region)
class RegionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    """A region is switched off, not deleted: with it would go years of what was collected."""

    form = RegionForm
    inlines = (PathInline,)
    list_display = ("code", "name", "time_zone", "level", "is_active", "link")
    list_filter = ("level", "is_active")
    list_select_related = ("status",)
    search_fields = ("code", "name")
    readonly_fields = ("link", "last_success")

    @admin.display(description=gettext_lazy("last collection"))
    def link(self, region: Region) -> str:
        status = status_of(region)
        if status is None or status.last_attempt_at is None:
            return _("not tried yet")
        return status.sentence or _("good")

    @admin.display(description=gettext_lazy("last success"))
    def last_success(self, region: Region) -> str:
        status = status_of(region)
        moment = status.last_success_at if status else None
        return moment.isoformat(" ", "seconds") if moment else _("never")

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Region | None = None,  # noqa: ARG002
    ) -> bool:
        return False


@admin.register(AccessPath)
class AccessPathAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    inlines = (HopInline,)
    list_display = ("__str__", "database_host", "database_port", "is_enabled", "tunnel_state")
    list_filter = ("kind", "is_enabled")
    list_select_related = ("region", "tunnel")
    readonly_fields = ("tunnel_state",)

    @admin.display(description=gettext_lazy("tunnel"))
    def tunnel_state(self, path: AccessPath) -> str:
        return say_tunnel(path)


@admin.register(CalendarException)
class CalendarExceptionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    list_display = ("day", "region", "is_off", "reason")
    list_display_links = ("day", "region")
    list_filter = ("region", "is_off")
    list_select_related = ("region",)
    date_hierarchy = "day"


def status_of(region: Region) -> RegionStatus | None:
    """Return what the collector wrote of the region, if it ever did."""
    return getattr(region, "status", None)


def say_tunnel(path: AccessPath) -> str:
    """Return the tunnel's state with the keeper's sentence, or a dash for none."""
    tunnel: TunnelState | None = getattr(path, "tunnel", None)
    if tunnel is None:
        return "—"
    return f"{tunnel.get_state_display()}. {tunnel.sentence}".strip()
