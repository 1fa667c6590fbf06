"""Let Telegram call the center when a button is pressed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from fleet.alerts.buttons import webhook_secret
from fleet.alerts.messengers import telegram_of
from fleet.alerts.messengers.messenger import Failure
from fleet.alerts.models_outbox import Channel


class Command(BaseCommand):
    help = "Let Telegram call the center when a button is pressed; --off ends that."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the channel's name")
        parser.add_argument("--off", action="store_true", help="poll_buttons asks again")

    def handle(self, *, name: str, off: bool, **_options: Any) -> None:
        channel = Channel.objects.filter(name=name, kind=Channel.Kind.TELEGRAM).first()
        if channel is None:
            raise CommandError(f"There is no channel of Telegram named “{name}”.")
        base = settings.FLEET_PUBLIC_URL
        if not off and not base.startswith("https://"):
            raise CommandError("Set FLEET_PUBLIC_URL to https://…: Telegram calls nothing else.")
        url = "" if off else f"{base}{reverse('telegram_webhook', args=[channel.pk])}"
        try:
            telegram_of(channel).set_webhook(url, webhook_secret(channel))
        except Failure as failure:
            raise CommandError(str(failure)) from None
        self.stdout.write("Telegram calls nobody." if off else "Telegram calls the center.")
