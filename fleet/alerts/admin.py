"""Messengers and the people who press their buttons, in Django's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from fleet.alerts.models_outbox import Channel, MessengerAccount
from regions.admin import SecretField, SecretForm


class ChannelForm(SecretForm):
    secrets = ("credential", "proxy")
    optional_secrets = ("credential", "proxy")
    credential = SecretField(label=gettext_lazy("Credential"))
    proxy = SecretField(label=gettext_lazy("Proxy"))

    class Meta:
        model = Channel
        fields = (
            *("name", "kind", "position", "is_enabled", "server", "address", "thread"),
            *("credential", "proxy", "language", "time_zone", "quiet_from", "quiet_until"),
            *("digest_at", "budget"),
        )


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    form = ChannelForm
    list_display = ("position", "name", "kind", "is_enabled", "disabled_reason")
    list_display_links = ("name",)
    readonly_fields = ("disabled_reason",)

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        """Save, and forget why a channel was disabled that a person enables again."""
        if obj.is_enabled:
            obj.disabled_reason = ""
            obj.paused_until = None
        super().save_model(request, obj, form, change)


@admin.register(MessengerAccount)
class MessengerAccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    list_display = ("user", "kind", "remote_user")
    list_filter = ("kind",)
