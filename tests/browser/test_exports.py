"""Exports in a real browser: from the list of studies to the package, and a study that is gone."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.core.management import call_command

from fleet.clock import now
from fleet.demo.servers import give, make_folder
from fleet.exports import folders, keys, work
from fleet.exports.models import ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.models_sources import ExportPolicy, ExportRight
from fleet.exports.preview import contact_sheet
from fleet.exports.trail import read_trail, record
from regions.collect import collect
from regions.localday import local_day
from regions.models import AccessPath, Region, SshHop
from tests.browser.screens import each_screen
from tests.builders import make_person, make_region
from tests.builders_exports import (
    REF,
    give_right,
    make_export,
    make_exported_study,
    make_exporting,
    make_source,
)
from tests.rig.export_center import SAMPLES, SECRET, STUDY_UID, signing_pem, write_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
State = ExportedStudy.State


@pytest.fixture
def exporter(transactional_db, settings, server_folder):
    """The settings of the exporter, with a folder of its own."""
    settings.FLEET_EXPORT_DIR = str(server_folder / "exports")
    settings.FLEET_EXPORT_KEY, settings.FLEET_EXPORT_SIGNING_KEY = SECRET, signing_pem()


@pytest.fixture
def log_in_as(log_in):
    """Return a function: (page) signs in as oncall, who sees and may do all here."""
    person = User.objects.get(username="oncall").person
    person.role = "admin"
    person.save()
    return log_in


@pytest.fixture
def visit(open_page, log_in_as):
    """Return a function: (address, **options of open_page) -> the page."""

    def go(address, **options):
        page = open_page(**options)
        page.goto(address)
        log_in_as(page)
        page.wait_for_selector("h1")
        return page

    return go


@pytest.fixture
def study(exporter, log_in_as):
    """Being fetched, beside others in most states, in an export of oncall."""
    tver, oncall = make_region("tver", name="Тверь"), User.objects.get(username="oncall")
    make_exporting(tver, oncall)
    chief = make_person("chief")
    export = make_export(tver, oncall, requested_at=now() - HOUR, alert_number=None)
    times = {"state_since": now() - HOUR}
    known = {"n_instances": 8, "n_bytes": 66_000_000, "bytes_per_s": 1_200_000.0}
    going = {"n_fetched": 3, "n_bytes_fetched": 24_700_000, **known}
    study = make_exported_study(export, State.FETCHING, **times, **going)
    for ref, state, fields in [
        ("9d1f3c77aa" * 6, State.QUEUED, known),
        ("77b0e1c2d3", State.PREVIEW, {"n_sheets": 2}),
        ("c0ffee1234", State.READY, {"package_bytes": 64_900_000, "package_sha256": "5a" * 32}),
        ("0123456789", State.UNAVAILABLE, {"why": "expired", "sentence": "Kept until 3 March."}),
    ]:
        fields["expires_at"] = now() + 700 * HOUR if state == State.READY else None
        make_exported_study(export, state, study_ref=ref, **times, **fields)
    waiting = make_export(tver, chief, reason="Compare vendors", priority=1)
    make_exported_study(waiting, State.WAITING_APPROVAL, study_ref="feed00beef" * 6)
    give_right(oncall, ExportRight.Deed.APPROVE)
    record(ExportEvent.Kind.REQUESTED, "oncall", export, now(), study_ref=REF, detail="why")
    taken = {"study_ref": "9d1f3c77aa" * 6, "detail": "5a" * 32}
    record(ExportEvent.Kind.DOWNLOADED, "oncall", export, now(), **taken)
    return study


@pytest.fixture
def sheets(study):
    """Two contact sheets of the study that waits to be looked through; returns their address."""
    waiting = ExportedStudy.objects.get(state=State.PREVIEW)
    folder = folders.preview_folder(waiting)
    folder.mkdir(parents=True)
    for n in (1, 2):
        images = [SAMPLES / "CT_small.dcm", SAMPLES / "MR_small.dcm"] * 3
        contact_sheet(images, [f"{i}.dcm" for i in range(6)], folder / f"sheet-{n:03}.png")
    return f"/exports/studies/{waiting.pk}/sheets/1/"


PAGES = {
    "exports": "/exports/",
    "export": "/exports/{id}/",
    "export-to-approve": "/exports/{next}/",
    "export-new": f"/exports/new/?region=tver&study={REF}&study={REF}{REF}{REF}",
    "export-sheet": "{sheets}",
    "audit-study": f"/audit/studies/{REF}/",
    "audit-person": "/audit/people/oncall/",
    "audit": "/audit/",
}


@each_screen
@pytest.mark.parametrize("names", [[*PAGES][:4], [*PAGES][4:]], ids=["asking", "looking"])
def test_it_fits_the_screen(visit, study, sheets, screenshot, barriers, names, width, scheme):
    page = visit("/exports/", width=width, scheme=scheme)
    for name in names:
        page.goto(PAGES[name].format(id=study.export_id, next=study.export_id + 1, sheets=sheets))
        screenshot(page, f"{name}-{width}-{scheme}")

        assert page.evaluate("document.documentElement.scrollWidth") == width, name
        assert barriers(page) == [], name


def test_it_is_all_in_russian(visit, study, sheets, screenshot, barriers):
    page = visit(f"/exports/{study.export_id}/", width=390)
    page.get_by_role("button", name="RU").click()
    page.wait_for_selector("html[lang=ru]")
    for name, address in (("export", ""), ("export-new", "/exports/new/?region=tver&study=n1")):
        page.goto(address or page.url)
        screenshot(page, f"{name}-390-russian")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert barriers(page) == []


def test_it_reflows_at_320_pixels_in_russian(visit, study, sheets):
    page = visit("/exports/", width=320)
    page.get_by_role("button", name="RU").click()
    page.wait_for_selector("html[lang=ru]")
    for name in ("exports", "export", "export-new", "export-sheet"):
        page.goto(PAGES[name].format(id=study.export_id, sheets=sheets))

        assert page.evaluate("document.documentElement.scrollWidth") == 320, name


def test_its_progress_goes_on_by_itself(visit, study):
    page = visit(f"/exports/{study.export_id}/")
    page.get_by_text("3 of 8 files, 25 MB of 66 MB, 1.2 MB/s").wait_for()
    ExportedStudy.objects.filter(pk=study.pk).update(n_fetched=7, n_bytes_fetched=60_000_000)
    page.get_by_text("7 of 8 files, 60 MB of 66 MB").wait_for(timeout=5_000)

    assert page.locator(f"#live{study.pk} progress").get_attribute("value") == "60000000"


@pytest.fixture
def day(exporter, region_database, ssh_server, server_folder, make_region, log_in_as):
    """Studies of today in a region whose archive is a folder behind SSH; returns the date."""
    root = make_folder(server_folder / "archive")
    write_study(root / REF, n=2)
    for path in (root / REF, *(root / REF).iterdir()):
        give(path, 0o700 if path.is_dir() else 0o600)
    database = region_database("tver")
    received_at = now()
    database.insert_study(received_at, study_ref=REF, study_uid=STUDY_UID, scores=[0.2, 0.9])
    gone = {"available_until": now() - HOUR, "storage_status": "expired"}
    database.insert_study(received_at, study_ref="gone1", study_uid="1.2.3", **gone)
    region = make_region(database)
    behind_ssh(region, ssh_server(archive=root))
    collect(region, now())
    ExportPolicy.objects.create(region=region, is_allowed=True, needs_approval=False)
    give_right(User.objects.get(username="oncall"))
    make_source(region, kind="sftp", host="", port=None, base_path="{study_ref}")
    return local_day(received_at, region.zone)


def behind_ssh(region: Region, server):
    path = AccessPath.objects.create(region=region, position=2, kind=AccessPath.Kind.SSH)
    SshHop.objects.create(
        path=path,
        position=1,
        host=server.host,
        port=server.port,
        user=server.user,
        private_key=f"file:{server.private_key_path}",
        host_key=server.host_key_line,
    )


def ask_for(page, ref):
    """Ask for a study of the list that is open; returns it once it was worked on."""
    page.get_by_role("link", name=f"Ask for this study {ref}").click()
    page.get_by_label("Why you need them").fill("Scores fell by a half")
    page.get_by_label("Project").fill("mammo-2026")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("It is asked for.").wait_for()
    region = Region.objects.get(code="tver")
    work.look_up_studies(region, now)
    work.bring_on(region, now)
    return ExportedStudy.objects.get(study_ref=ref)


def test_it_goes_from_the_list_to_a_package_that_is_sound(visit, day, tmp_path):
    page = visit(f"/regions/tver/{day}/studies/", script=False)
    study = ask_for(page, REF)
    assert (study.state, study.n_fetched) == (State.PREVIEW, 2)
    page.reload()
    page.get_by_role("link", name="Look through the contact sheets").click()
    page.get_by_role("button", name="Nothing identifies the patient: release").click()
    page.get_by_text("It is released, and is being packed.").wait_for()
    work.pack_studies(study.export.region, now)
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    package, key = tmp_path / download.value.suggested_filename, tmp_path / "key.pem"
    download.value.save_as(package)
    key.write_bytes(
        keys.signer().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )

    call_command("verify_export", package, key=key, stdout=(said := StringIO()))
    assert f"Export {study.export_id}-{study.pk} from tver is whole" in said.getvalue()
    assert read_trail().broken is None


def test_it_says_that_a_study_has_expired(visit, day, screenshot):
    page = visit(f"/regions/tver/{day}/studies/", script=False, width=390)
    screenshot(page, "studies-to-ask-for")
    study = ask_for(page, "gone1")
    page.reload()
    screenshot(page, "export-expired")

    assert (study.state, study.why) == (State.UNAVAILABLE, "expired")
    told = page.inner_text(".study")
    assert "Not available: the region has let the study expire." in told
    assert "It cannot be brought back: choose a newer study." in told
