"""A person looks at every sheet before the button of release works."""

from __future__ import annotations

import pytest

from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportRight

State = ExportedStudy.State


@pytest.fixture
def preview(study, settings, tmp_path):
    """Two sheets that wait to be looked at; returns the study's address."""
    settings.FLEET_EXPORT_DIR = str(tmp_path)
    folder = tmp_path / "previews" / str(study.pk)
    folder.mkdir(parents=True)
    for n in (1, 2):
        (folder / f"sheet-{n}.png").write_bytes(b"PNG%d" % n)
    ExportedStudy.objects.update(state=State.PREVIEW, n_sheets=2)
    return f"/exports/studies/{study.pk}"


def test_it_enables_the_button_after_the_last_sheet(signed_in, preview, study):
    first = signed_in.get(f"{preview}/sheets/1/").content.decode()
    assert "You have not looked at 1 sheet yet." in first
    signed_in.post(f"{preview}/release/")
    study.refresh_from_db()
    assert study.looked_through_at is None

    assert "disabled" not in signed_in.get(f"{preview}/sheets/2/").content.decode()
    signed_in.post(f"{preview}/release/")
    study.refresh_from_db()
    assert study.looked_through_by.username == "oncall"


def test_it_rejects_with_a_reason(signed_in, preview, study):
    signed_in.post(f"{preview}/reject/", {"why": "a name in image 3"})

    study.refresh_from_db()
    assert (study.state, study.sentence) == (State.REFUSED, "a name in image 3")
    page = signed_in.get(f"/exports/{study.export_id}/").content.decode()
    assert "a name in image 3" in page


def test_it_sends_the_pictures(signed_in, preview):
    response = signed_in.get(f"{preview}/sheets/2.png")

    assert response.content == b"PNG2"
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("n", [0, 3])
def test_it_has_no_other_sheets(signed_in, preview, n):
    assert signed_in.get(f"{preview}/sheets/{n}/").status_code == 404
    assert signed_in.get(f"{preview}/sheets/{n}.png").status_code == 404


@pytest.mark.parametrize("rest", ["sheets/1/", "sheets/1.png"])
def test_who_has_no_right_sees_no_image(signed_in, preview, rest):
    ExportRight.objects.all().delete()

    assert signed_in.get(f"{preview}/{rest}").status_code == 403
    assert ExportEvent.objects.count() == 0


def test_it_shows_nothing_of_what_was_rejected(signed_in, preview):
    ExportedStudy.objects.update(state=State.REFUSED)

    assert signed_in.get(f"{preview}/sheets/1/").status_code == 302
    assert signed_in.get(f"{preview}/sheets/1.png").status_code == 404


def test_it_shows_nothing_where_no_folder_is_set(signed_in, preview, settings):
    settings.FLEET_EXPORT_DIR = ""

    assert signed_in.get(f"{preview}/sheets/1/").status_code == 404
