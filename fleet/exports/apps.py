"""The app of study export."""

from __future__ import annotations

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "fleet.exports"
    label = "exports"

    def ready(self) -> None:
        from fleet.exports import checks  # noqa: F401 (registers them)
