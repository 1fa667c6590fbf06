"""Exports for programs: as described, within the same rights, and never without a person's look."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from fleet.api.models import ApiToken, Scope
from fleet.clock import now
from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportPolicy, ExportRight
from tests.builders import make_healthy_region, make_person, make_region
from tests.builders_exports import give_right, make_export, make_exported_study, make_exporting
from tests.fleet.api.test_openapi import described, faults

pytestmark = pytest.mark.django_db
__all__ = ["described"]
State = ExportedStudy.State
ONE, DEED = "/api/v1/exports/{export_id}/", "/api/v1/exports/{export_id}/{deed}/"
BODY = {"region": "tver", "studies": ["a1"], "reason": "scores fell", "project": "mammo"}


@pytest.fixture
def region(db):
    return make_healthy_region("tver")


@pytest.fixture
def study(region, token):
    """Waits for approval; asked for by another person."""
    export = make_export(region, make_person("asker"))
    return make_exported_study(export, State.WAITING_APPROVAL)


@pytest.fixture
def call(client, token, region):
    """Return a function: (method, path, body) -> the response to grafana, who may do all."""
    person = User.objects.get(username="grafana")
    make_exporting(region, person)
    give_right(person, ExportRight.Deed.APPROVE)
    ApiToken.objects.update(scopes=list(Scope))
    headers = {"authorization": f"Bearer {token}"}

    def send(method, path, body=None):
        return getattr(client, method)(
            f"/api/v1/exports/{path}", body, content_type="application/json", headers=headers
        )

    return send


def test_it_asks_as_described(call, described):
    response = call("post", "", BODY)

    assert faults(described, "/api/v1/exports/", response, "post") == []
    assert response.status_code == 201
    (study,) = response.json()["studies"]
    assert (study["study_ref"], study["state"]) == ("a1", "requested")
    assert ExportEvent.objects.get().username == "grafana"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**BODY, "region": "omsk"}, 404),
        ({**BODY, "reason": ""}, 409),
        ({**BODY, "priority": "now"}, 409),
        ({**BODY, "studies": "a1"}, 400),
        ({**BODY, "studies": [1]}, 400),
        ({**BODY, "project": None}, 400),
        ([], 400),
        ("{", 400),
    ],
)
def test_it_refuses_as_described(call, described, body, status):
    make_region("omsk", is_active=False)
    response = call("post", "", body)

    assert response.status_code == status
    assert faults(described, "/api/v1/exports/", response, "post") == []
    assert Export.objects.count() == 0


def test_it_lists_and_shows_as_described(call, described, study):
    listed, one = call("get", ""), call("get", f"{study.export_id}/")

    assert faults(described, "/api/v1/exports/", listed) == []
    assert faults(described, ONE, one) == []
    assert listed.json()["exports"] == [one.json()]


@pytest.mark.parametrize(
    ("query", "n"), [("?region=tver", 1), ("?region=omsk", 0), ("?before=0", 0), ("", 1)]
)
def test_it_filters_the_list(call, study, query, n):
    assert len(call("get", query).json()["exports"]) == n


def test_it_refuses_a_wrong_page_as_described(call, described):
    assert faults(described, "/api/v1/exports/", call("get", "?before=x")) == []


def test_it_says_what_a_study_waits_for(call, described, study):
    ExportPolicy.objects.update(is_allowed=False)
    ExportedStudy.objects.update(state=State.QUEUED)
    response = call("get", f"{study.export_id}/")

    assert faults(described, ONE, response) == []
    assert response.json()["studies"][0]["waits_for"] == "forbidden"


def test_it_approves_as_described(call, described, study):
    response = call("post", f"{study.export_id}/approve/", {"why": "agreed"})

    assert faults(described, DEED, response, "post") == []
    assert response.json()["decided_by"] == "grafana"
    assert response.json()["studies"][0]["state"] == "requested"
    again = call("post", f"{study.export_id}/approve/", {})
    assert again.status_code == 409
    assert faults(described, DEED, again, "post") == []


def test_it_changes_the_priority(call, study):
    response = call("post", f"{study.export_id}/prioritise/", {"priority": "urgent"})

    assert response.json()["priority"] == "urgent"


def test_it_cancels_as_described(call, described, study):
    response = call("post", f"studies/{study.pk}/cancel/")

    path = "/api/v1/exports/studies/{study_id}/{deed}/"
    assert faults(described, path, response, "post") == []
    assert response.json()["studies"][0]["state"] == "cancelled"


@pytest.mark.parametrize("path", ["{}/frobnicate/", "studies/{}/release/", "999/approve/"])
def test_it_has_no_other_deeds(call, study, path):
    pk = study.pk if "studies" in path else study.export_id

    assert call("post", path.format(pk)).status_code == 404


def test_it_gives_no_package_that_another_asked_for(call, described, study):
    refused = call("get", f"studies/{study.pk}/package/")

    assert refused.status_code == 403
    assert faults(described, "/api/v1/exports/studies/{study_id}/package/", refused) == []


def test_it_gives_the_package(call, described, study, settings, tmp_path):
    settings.FLEET_EXPORT_DIR = str(tmp_path)
    Export.objects.update(requester=User.objects.get(username="grafana"))
    path = f"studies/{study.pk}/package/"
    gone = call("get", path)
    assert gone.status_code == 410
    assert faults(described, "/api/v1/exports/studies/{study_id}/package/", gone) == []

    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / f"{study.pk}.zip").write_bytes(b"PK")
    later = now().replace(year=now().year + 1)
    ExportedStudy.objects.update(state=State.READY, expires_at=later)
    assert b"".join(call("get", path).streaming_content) == b"PK"
    assert ExportEvent.objects.get().kind == "downloaded"


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", ""), ("post", "{}/approve/"), ("post", "studies/1/pause/")],
)
def test_a_token_that_only_reads_changes_nothing(call, study, method, path):
    ApiToken.objects.update(scopes=[Scope.READ, Scope.METRICS])

    assert call(method, path.format(study.export_id), BODY).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("delete", "", "GET, HEAD, POST"), ("get", "1/approve/", "POST"), ("post", "1/", "GET, HEAD")],
)
def test_it_names_the_methods(call, method, path, allowed):
    response = call(method, path)

    assert (response.status_code, response["Allow"]) == (405, allowed)
