"""Sources, policies and rights are configured with sentences, and every change is written down."""

from __future__ import annotations

import pytest

from fleet.exports.models_sources import ExportPolicy, ExportRight, StudySource
from fleet.exports.trail import record
from fleet.people.models import AuditEvent
from regions.credentials import reveal
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import make_export, make_source

pytestmark = pytest.mark.django_db
SOURCE = {
    "position": "1",
    "kind": "orthanc",
    "is_enabled": "on",
    "host": "127.0.0.1",
    "port": "8042",
    "lookup": "uid",
    "password": "orthanc's password",
    "calling_ae_title": "FLEET",
}


@pytest.fixture
def region(db):
    return make_region()


@pytest.fixture
def admin(client, region):
    client.force_login(make_person("chief", "admin"))
    return client


def test_it_adds_a_source_and_seals_its_password(admin, region):
    response = admin.post("/admin/exports/studysource/add/", {**SOURCE, "region": region.pk})

    assert response.status_code == 302
    assert reveal(StudySource.objects.get().password) == "orthanc's password"
    event = AuditEvent.objects.get(kind=AuditEvent.Kind.CONFIGURED)
    assert "orthanc's password" not in f"{event.subject} {event.detail}"


def test_it_never_shows_a_password(admin, region):
    source = make_source(region, password="env:ORTHANC_PASSWORD")
    page = admin.get(f"/admin/exports/studysource/{source.pk}/change/").content.decode()

    assert "set (env:ORTHANC_PASSWORD)" in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"port": ""}, "Write the port."),
        ({"host": ""}, "Write the host as the path"),
        ({"kind": "sftp", "base_path": "/archive"}, "Name the folder with {study_uid}"),
        ({"lookup": "tag"}, "Write the attribute: 0008,0050"),
        ({"kind": "dimse"}, "Write the archive&#x27;s AE title."),
        ({"certificate": "sha256:12"}, "Write file:/path of a CA&#x27;s certificate"),
        (
            {"kind": "sftp", "base_path": "{study_uid}", "certificate": "file:/ca.pem"},
            "Take it away: SFTP is within SSH already.",
        ),
    ],
)
def test_it_says_what_a_source_lacks(admin, region, change, sentence):
    given = {**SOURCE, "region": region.pk, **change}
    page = admin.post("/admin/exports/studysource/add/", given).content.decode()

    assert sentence in page
    assert StudySource.objects.count() == 0


def test_it_keeps_a_policy_with_whole_windows_only(admin, region):
    given = {
        "region": region.pk,
        "is_allowed": "on",
        "keep_days": "30",
        "max_study_bytes": "1000",
        "max_study_instances": "10",
        "window_begins": "22:00",
    }
    page = admin.post("/admin/exports/exportpolicy/add/", given).content.decode()
    assert "Write both ends of the window" in page

    admin.post("/admin/exports/exportpolicy/add/", {**given, "window_ends": "06:00"})
    assert ExportPolicy.objects.get().is_allowed


def test_it_grants_a_right(admin, region):
    person = make_person("engineer")
    admin.post("/admin/exports/exportright/add/", {"person": person.pk, "deed": "ask"})

    assert ExportRight.objects.get().region is None
    assert "all that they see" in admin.get("/admin/exports/exportright/").content.decode()
    assert AuditEvent.objects.filter(kind=AuditEvent.Kind.CONFIGURED).count() == 1


def test_it_shows_the_trail_and_changes_nothing_of_it(admin, region):
    event = record("requested", "chief", make_export(region, make_person()), NOW, study_ref="a1")
    page = f"/admin/exports/exportevent/{event.pk}"

    assert "a1" in admin.get("/admin/exports/exportevent/").content.decode()
    assert admin.post(f"{page}/change/", {"username": "x"}).status_code == 403
    assert admin.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
