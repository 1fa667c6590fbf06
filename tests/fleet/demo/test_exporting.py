"""In the demo studies may leave two regions, and one of them asks for a second person."""

from __future__ import annotations

import pytest

from fleet.demo import exporting, registration
from fleet.demo.contours import Contours
from fleet.demo.folder import open_folder
from fleet.demo.scenario import APPROVER, ONCALL, cast
from fleet.exports.models_sources import ExportPolicy, ExportRight, StudySource

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def contours(server_folder, region_cluster):
    contours = Contours(open_folder(str(server_folder / "demo")), region_cluster, cast(6))
    behind = [part for part in contours.parts if part.is_behind_ssh]
    registration.register(contours, {part.code: contours.ssh_server(part) for part in behind})
    return contours


def test_it_lets_studies_leave_the_two_regions_with_images(contours):
    exporting.register(contours, "password")
    exporting.register(contours, "password")

    sources = dict(StudySource.objects.values_list("region__code", "kind"))
    assert sources == {
        "kamchatka": "sftp",
        "newfoundland": "orthanc" if contours.orthancs else "sftp",
    }
    asked = dict(ExportPolicy.objects.values_list("region__code", "needs_approval"))
    assert asked == {"kamchatka": False, "newfoundland": True}


def test_it_has_somebody_to_ask_and_somebody_else_to_approve(contours):
    exporting.register(contours, "password")

    rights = set(ExportRight.objects.values_list("person__user__username", "deed"))
    assert rights == {(ONCALL, "ask"), (APPROVER, "approve")}
