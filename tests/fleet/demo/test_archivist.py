"""The sham archives hold what the regions processed lately, as real DICOM files."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pydicom
import pytest

from fleet.demo.archives import FolderArchive, OrthancArchive
from fleet.demo.archivist import A_STEP, KEPT_FOR, Keeping
from fleet.demo.images import images
from fleet.demo.orthanc import Orthanc, is_installed
from fleet.demo.sham import Shape
from tests.builders import NOW

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def filled(make_filled):
    return make_filled(Shape.TABLES, days=1, studies_per_day=100)


@pytest.fixture
def folder(server_folder):
    return FolderArchive(server_folder / "archive")


@pytest.fixture
def orthanc(server_folder):
    if not is_installed():
        pytest.skip("Orthanc is not installed: apt-get install orthanc orthanc-dicomweb")
    server = Orthanc(server_folder / "pacs")
    server.start()
    yield server
    server.stop()


def names(filled, column):
    """Return what the region calls its newest studies, the newest first."""
    asked = filled.connection.execute(
        f"SELECT {column} FROM fleet_contract.study ORDER BY received_at DESC LIMIT {A_STEP}"
    )
    return {row[0] for row in asked}


def test_it_stores_the_newest_first(filled, folder):
    assert Keeping(filled.url, folder).step(filled.end) == A_STEP

    assert folder.kept() == names(filled, "study_ref")


def test_it_forgets_what_is_too_old(filled, folder):
    keeping = Keeping(filled.url, folder)
    keeping.step(filled.end)
    keeping.step(filled.end + KEPT_FOR)

    assert folder.kept() == set()


def test_it_goes_on_with_what_an_orthanc_keeps(filled, orthanc):
    Keeping(filled.url, OrthancArchive(orthanc)).step(filled.end)

    again = OrthancArchive(orthanc)

    assert again.kept() == names(filled, "study_uid")
    again.forget(again.kept().pop())
    assert len(OrthancArchive(orthanc).kept()) == A_STEP - 1


def test_its_files_are_one_patients_study():
    files = [pydicom.dcmread(BytesIO(raw)) for raw in images("1.2.3", "DX", NOW)]

    assert {(file.StudyInstanceUID, file.Modality) for file in files} == {("1.2.3", "DX")}
    assert len({file.PatientName for file in files}) == 1
    assert len({file.SOPInstanceUID for file in files}) == len(files) >= 2
    assert files[0].StudyDate == f"{NOW:%Y%m%d}"
    assert files[0].pixel_array.shape == (128, 128)


def test_its_patients_differ():
    ages = {next(images(f"1.2.{n}", "CT", NOW - timedelta(days=n))) for n in range(9)}
    patients = {pydicom.dcmread(BytesIO(raw)).PatientID for raw in ages}

    assert len(patients) == 9
