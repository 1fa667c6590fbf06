"""A package is handed out counted, written down, and only while it is good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from fleet.exports.downloading import Gone, download
from fleet.exports.folders import package_path
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import give_right, make_export, make_exported_study, make_exporting

pytestmark = pytest.mark.django_db
State = ExportedStudy.State
SOON = NOW + timedelta(days=30)


@pytest.fixture
def study(db, settings, tmp_path):
    settings.FLEET_EXPORT_DIR = str(tmp_path)
    region = make_region()
    person = make_person(regions=[region])
    make_exporting(region, person)
    study = make_exported_study(
        make_export(region, person), State.READY, expires_at=SOON, package_sha256="5a" * 32
    )
    package_path(study).parent.mkdir()
    package_path(study).write_bytes(b"PK")
    return study


def test_it_counts_and_writes_down(study):
    path = download(study, study.export.requester, NOW)

    study.refresh_from_db()
    assert (path.read_bytes(), study.n_downloads) == (b"PK", 1)
    event = ExportEvent.objects.get()
    assert (event.kind, event.detail) == ("downloaded", "5a" * 32)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": State.SHREDDED}, "no package"),
        ({"expires_at": NOW}, "expired"),
        ({"n_downloads": 20}, "as often as"),
    ],
)
def test_it_is_gone(study, change, sentence):
    ExportedStudy.objects.update(**change)
    study.refresh_from_db()

    with pytest.raises(Gone, match=sentence):
        download(study, study.export.requester, NOW)
    assert ExportEvent.objects.count() == 0


def test_it_does_not_count_a_file_that_is_not_there(study):
    package_path(study).unlink()

    with pytest.raises(Gone, match="not where it was put"):
        download(study, study.export.requester, NOW)
    study.refresh_from_db()
    assert study.n_downloads == 0


def test_who_asks_for_other_studies_takes_nothing(study):
    other = make_person("other", regions=[study.export.region])
    give_right(other)

    with pytest.raises(PermissionDenied, match="Ask for the study yourself"):
        download(study, other, NOW)
    assert ExportEvent.objects.count() == 0
