"""The page of one export, its list, and what its buttons do."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from fleet.clock import now
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportPolicy, ExportRight
from fleet.exports.pages.words import MARKS, Outlook, Words, remedy, sentence, silence
from tests.builders import NOW, make_person, make_region
from tests.builders_exports import give_right, make_export, make_exported_study

State = ExportedStudy.State


@pytest.fixture
def page(signed_in, study):
    """Return a function: (what to append to the export's address) -> its text."""

    def read(rest=""):
        found = signed_in.get(f"/exports/{study.export_id}/{rest}")
        return found.content.decode().replace("\u00a0", " ")

    return read


@pytest.fixture
def approver(region, client):
    approver = make_person("approver", regions=[region])
    give_right(approver, ExportRight.Deed.APPROVE)
    return approver


def test_it_tells_how_far_the_transfer_is(page):
    found = page("progress/")

    assert "3 of 8 files, 24 MB of 66 MB, 1.2 MB/s, under a minute left" in found
    assert '<progress max="66000000" value="24000000"' in found
    assert "data-moving" in found


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_has_words_for_every_state(page, signed_in, state, language):
    ExportedStudy.objects.update(
        state=state, why="too_big", expires_at=NOW, package_bytes=70_000_000, n_sheets=2
    )
    signed_in.cookies["django_language"] = language

    assert "<h3" in page()
    assert state in MARKS


@pytest.mark.parametrize("why", ExportedStudy.Why)
def test_it_says_why_a_study_cannot_be_had_and_what_to_do(study, why):
    study.state, study.why = State.UNAVAILABLE, why
    words = Words.of_active_language(NOW)

    assert sentence(study, words, Outlook()) == f"Not available: {why.label}."
    assert remedy(why).endswith(".")


def test_it_says_when_the_region_is_asked_again(page):
    later = now() + timedelta(minutes=5)
    ExportedStudy.objects.update(state=State.REQUESTED, n_failures=2, retry_at=later)

    assert "The region could not be asked; the next try is at" in page()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "Fetching it takes under a minute; it is here at about"),
        ({}, "It comes next."),
        ({"is_allowed": False}, "The region&#x27;s export policy does not let studies out now."),
        ({"bytes_per_day": 0}, "The region&#x27;s bytes of the day are used up; it goes on at"),
        ({"window_begins": time(0), "window_ends": time(0, 0, 0, 1)}, "link window opens at"),
    ],
)
def test_it_says_what_a_study_waits_for(page, change, sentence):
    ExportedStudy.objects.update(state=State.QUEUED)
    ExportPolicy.objects.update(**change)

    found = page()
    assert "Available: 8 files, 66 MB." in found
    assert sentence in found
    assert "/cancel/" in found


def test_it_says_that_nobody_knows_how_long_the_first_transfer_takes(page):
    ExportedStudy.objects.update(state=State.QUEUED, bytes_per_s=None)

    assert "66 MB. How long it takes is known once it is being fetched. It comes next." in page()


@pytest.mark.parametrize(
    ("change", "is_said"),
    [
        ({"state": "requested"}, True),
        ({"state": "queued"}, True),
        ({"state": "fetching"}, True),
        ({"state": "preview", "looked_through_at": NOW - timedelta(hours=1)}, True),
        ({"state": "fetching", "seen_at": NOW - timedelta(minutes=1)}, False),
        ({"state": "queued", "is_paused": True}, False),
        ({"state": "preview"}, False),
        ({"state": "ready"}, False),
    ],
)
def test_it_says_that_the_exporter_is_silent(study, change, is_said):
    study.state_since = NOW - timedelta(hours=2)
    for name, value in change.items():
        setattr(study, name, value)
    told = silence(study, Words.of_active_language(NOW), Outlook())

    assert ("an administrator looks whether the exporter runs." in told) == is_said


@pytest.mark.parametrize("n", [0, 19])
def test_it_takes_as_many_queries_for_many_studies(
    signed_in, study, n, django_assert_max_num_queries
):
    for i in range(n):
        make_exported_study(study.export, State.QUEUED, study_ref=f"r{i}", n_bytes=1000)
    with django_assert_max_num_queries(15):
        signed_in.get(f"/exports/{study.export_id}/progress/")


def test_it_says_that_another_study_goes_first(signed_in, study):
    ExportedStudy.objects.update(state=State.QUEUED)
    later = make_export(study.export.region, study.export.requester)
    make_exported_study(later, State.QUEUED)

    assert "It waits for its turn." in signed_in.get(f"/exports/{later.pk}/").content.decode()


@pytest.mark.parametrize(
    ("deed", "name", "value"),
    [("pause", "is_paused", True), ("cancel", "wants_cancel", True)],
)
def test_its_buttons_do_what_they_say(signed_in, page, study, deed, name, value):
    assert f"/exports/studies/{study.pk}/{deed}/" in page()
    signed_in.post(f"/exports/studies/{study.pk}/{deed}/")

    study.refresh_from_db()
    assert getattr(study, name) == value


def test_a_get_as_after_a_login_does_nothing(signed_in, study):
    response = signed_in.get(f"/exports/studies/{study.pk}/cancel/")

    assert response["Location"] == f"/exports/{study.export_id}/"
    study.refresh_from_db()
    assert not study.wants_cancel


def test_it_says_whom_a_request_waits_for(page, approver):
    ExportedStudy.objects.update(state=State.WAITING_APPROVAL)

    found = page()
    assert "It waits for one of: approver." in found
    assert "Approve</button>" not in found


def test_another_person_approves(client, study, approver):
    ExportedStudy.objects.update(state=State.WAITING_APPROVAL)
    client.force_login(approver)
    assert "Approve</button>" in client.get(f"/exports/{study.export_id}/").content.decode()

    client.post(f"/exports/{study.export_id}/approve/", {"why": "for the audit"})

    study.refresh_from_db()
    assert study.state == State.REQUESTED
    shown = client.get(f"/exports/{study.export_id}/").content.decode()
    assert "for the audit" in shown


def test_it_tells_why_a_deed_is_refused(signed_in, study):
    ExportedStudy.objects.update(state=State.WAITING_APPROVAL)
    response = signed_in.post(f"/exports/{study.export_id}/approve/", follow=True)

    assert "It is your own request: another person decides" in response.content.decode()


def test_it_changes_the_priority(signed_in, study):
    signed_in.post(f"/exports/{study.export_id}/prioritise/", {"priority": "1"})

    study.export.refresh_from_db()
    assert study.export.priority == 1


@pytest.mark.parametrize("path", ["/exports/{}/x/", "/exports/studies/{}/x/"])
def test_it_knows_no_other_deeds(signed_in, study, path):
    pk = study.export_id if "studies" not in path else study.pk

    assert signed_in.post(path.format(pk)).status_code == 404


TABS = {
    "mine": ["fetching", "waiting_approval", "preview", "ready", "cancelled"],
    "waiting": ["preview"],
    "running": ["fetching"],
    "ready": ["ready"],
    "ended": ["cancelled"],
    "all": ["fetching", "waiting_approval", "preview", "ready", "cancelled"],
}


@pytest.mark.parametrize(("show", "states"), TABS.items())
def test_its_list_is_filtered_by_the_address(signed_in, study, show, states):
    for state in ["waiting_approval", "preview", "ready", "cancelled"]:
        made = make_export(study.export.region, study.export.requester)
        make_exported_study(made, state)
    rows = signed_in.get(f"/exports/?show={show}").context["listing"].rows

    found = [ExportedStudy.objects.get(export=row.pk).state for row in reversed(rows)]
    assert found == states


def test_its_list_has_what_waits_for_the_approver(client, study, approver):
    ExportedStudy.objects.update(state=State.WAITING_APPROVAL)
    client.force_login(approver)

    assert len(client.get("/exports/?show=waiting").context["listing"].rows) == 1


def test_every_page_counts_what_waits_for_its_reader(client, study, approver):
    ExportedStudy.objects.update(state=State.WAITING_APPROVAL)
    client.force_login(approver)

    assert '<a href="/exports/?show=waiting">Exports' in client.get("/alerts/").content.decode()
    assert "1 waits for you" in client.get("/alerts/").content.decode()
    client.force_login(study.export.requester)
    assert '<a href="/exports/">Exports</a>' in client.get("/alerts/").content.decode()


def test_its_list_holds_no_other_regions(signed_in, study):
    omsk = make_region("omsk")
    make_exported_study(make_export(omsk, study.export.requester))

    rows = signed_in.get("/exports/?page=1&show=odd").context["listing"].rows
    assert [row.region for row in rows] == ["Тверь"]
    assert signed_in.get("/exports/?region=omsk").context["listing"].rows == []


def test_its_list_takes_few_queries(signed_in, study, django_assert_max_num_queries):
    for n in range(5):
        made = make_export(study.export.region, study.export.requester)
        make_exported_study(made, study_ref=f"r{n}")
    with django_assert_max_num_queries(9):
        signed_in.get("/exports/")


def test_it_says_who_asked_and_when(page):
    assert "<bdi>oncall</bdi>, 10 March, 10:00" in page()


def test_its_history_is_the_trail(signed_in, page, study):
    signed_in.post(f"/exports/studies/{study.pk}/pause/")

    assert ExportEvent.objects.get().kind == "paused"
    assert "oncall</bdi>: paused" in page()


@pytest.fixture
def package(study, settings, tmp_path):
    """Ready for an hour more."""
    settings.FLEET_EXPORT_DIR = str(tmp_path)
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / f"{study.pk}.zip").write_bytes(b"PK")
    expires_at = now() + timedelta(hours=1)
    ExportedStudy.objects.update(state=State.READY, expires_at=expires_at, package_bytes=2)
    return study


def test_it_is_downloaded(signed_in, package):
    response = signed_in.post(f"/exports/studies/{package.pk}/download/")

    assert b"".join(response.streaming_content) == b"PK"
    name = f"export-{package.export_id}-{package.pk}.zip"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


def test_it_is_not_downloaded_by_who_asks_for_other_studies(client, region, package):
    other = make_person("other", regions=[region])
    give_right(other)
    client.force_login(other)
    response = client.post(f"/exports/studies/{package.pk}/download/")
    page = client.get(f"/exports/{package.export_id}/").content.decode()

    assert response.status_code == 403
    assert "Ask for the study yourself" in response.content.decode()
    assert "/download/" not in page
    assert "Ask for the study yourself" in page


def test_it_is_not_downloaded_when_it_has_expired(signed_in, package, page):
    ExportedStudy.objects.update(expires_at=now())
    response = signed_in.post(f"/exports/studies/{package.pk}/download/", follow=True)

    assert "The package has expired" in response.content.decode()
    assert "/download/" not in page()


@pytest.mark.parametrize(
    ("state", "why", "is_offered"),
    [
        ("failed", "source", True),
        ("unavailable", "path_closed", True),
        ("unavailable", "expired", False),
        ("shredded", "", True),
        ("queued", "", False),
    ],
)
def test_it_leads_to_asking_again_where_that_may_help(page, study, state, why, is_offered):
    ExportedStudy.objects.update(state=state, why=why)
    address = f"/exports/new/?region=tver&amp;again={study.export_id}&amp;study={study.study_ref}"

    assert (address in page()) == is_offered


def test_it_leads_to_asking_again_when_all_downloads_are_used_up(page, package, settings):
    ExportedStudy.objects.update(n_downloads=settings.FLEET_EXPORT_DOWNLOADS)

    assert "It was downloaded as often as it may be" in page()
    assert "Ask for it again" in page()


def test_it_calls_no_package_ready_that_has_expired(page, package):
    ExportedStudy.objects.update(expires_at=now())

    assert "The package has expired and is about to be shredded." in page()


def test_it_offers_for_all_only_what_spares_clicks(signed_in, page, study):
    assert "-all/" not in page()
    make_exported_study(study.export, State.QUEUED, study_ref="r2", is_paused=True)
    found = page()
    assert "cancel-all/" in found
    assert "pause-all/" not in found

    signed_in.post(f"/exports/{study.export_id}/cancel-all/")
    assert set(study.export.studies.values_list("wants_cancel", flat=True)) == {True}


def test_its_list_tells_the_paused_from_those_on_their_way(signed_in, study):
    ExportedStudy.objects.update(is_paused=True)

    (row,) = signed_in.get("/exports/").context["listing"].rows
    assert (row.paused, row.ref) == ("paused: 1", "3f9a0c55e1b2…")
    assert signed_in.get("/exports/?show=running").context["listing"].rows == []
