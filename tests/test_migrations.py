"""Each change of a model has its migration. Compared in memory: no database is needed."""

from __future__ import annotations

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState


def test_it_has_a_migration_for_every_change_of_a_model() -> None:
    recorded = MigrationLoader(None)
    autodetector = MigrationAutodetector(
        recorded.project_state(), ProjectState.from_apps(apps), NonInteractiveMigrationQuestioner()
    )

    missing = autodetector.changes(recorded.graph)

    assert not missing, f"Run manage.py makemigrations: {missing}"
