"""The app of study export."""

from __future__ import annotations

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "fleet.exports"
    label = "exports"

    def ready(self) -> None:
        from fleet.exports import checks  # noqa: F401 (registers them)
        from fleet.exports.models_sources import StudySource
        from regions.belongings import BELONGINGS, Belongings

        BELONGINGS.append(Belongings("study_sources", StudySource, StudySource.DESCRIBED_BY))
