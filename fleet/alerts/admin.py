"""Messengers and the people who press their buttons, in Django's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from fleet.alerts.messengers import messenger_of
from fleet.alerts.messengers.messenger import Failure, Text
from fleet.alerts.models_outbox import Channel, MessengerAccount
from fleet.clock import now
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
    actions = ("send_test_message",)

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        """Save, and forget why a channel was disabled that a person enables again."""
        if obj.is_enabled:
            obj.disabled_reason = ""
            obj.paused_until = None
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Send a test message"))
    def send_test_message(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in queryset:
            with override(channel.language):
                text = Text(_("Test: Fleet reaches this chat. Nothing has happened."))
            key = f"fleet-test-{channel.pk}-{now():%Y%m%d%H%M%S}"
            try:
                messenger_of(channel).send(text, key, is_silent=True)
            except Failure as failure:
                self.message_user(request, f"{channel}: {failure}", messages.ERROR)
            else:
                said = _("%(channel)s: sent.") % {"channel": channel}
                self.message_user(request, said, messages.SUCCESS)


@admin.register(MessengerAccount)
class MessengerAccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # plain at run time
    list_display = ("user", "kind", "remote_user")
    list_filter = ("kind",)
