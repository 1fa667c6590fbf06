"""What the exporter needs around it: a region with one study, its archive, a folder, keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pydicom
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.contrib.auth.models import User

from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_sources import ExportPolicy, StudySource
from regions.models import Region
from tests.builders import make_region
from tests.rig.archive import Archive

SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"
STUDY_UID = "1.2.643.77.5"
# They stand for a patient; nothing of them may leave.
NAME, NUMBER = "PETROV^ZAKHAR", "Z-771-55"
SECRET = "a secret of thirty-two characters"


def signing_pem() -> str:
    key = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def write_study(folder: Path, n: int = 3, uid: str = STUDY_UID) -> None:
    """Write `n` CT images of one study and one patient."""
    folder.mkdir(parents=True)
    dataset = pydicom.dcmread(SAMPLES / "CT_small.dcm")
    dataset.StudyInstanceUID, dataset.PatientName, dataset.PatientID = uid, NAME, NUMBER
    for i in range(n):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{uid}.9.{i}"
        dataset.save_as(folder / f"image{i}.dcm")


def ask(region: Region, study_ref: str, at: datetime, **fields: Any) -> ExportedStudy:
    """Return the study of a new request that nobody has to approve."""
    requester = User.objects.get_or_create(username="engineer")[0]
    words = {"reason": "scores fell", "purpose": "model_debugging", "project": "test"}
    export = Export.objects.create(
        region=region, requester=requester, requested_at=at, **{**words, **fields}
    )
    return ExportedStudy.objects.create(export=export, study_ref=study_ref, state_since=at)


def make_source(code: str) -> StudySource:
    """Return the source of a new region."""
    region = make_region(code)
    return StudySource.objects.create(region=region, kind="sftp", base_path="{study_ref}")


@dataclass
class ExportCenter:
    """A region whose archive is a folder, and short ways to ask for its studies."""

    region: Region
    database: Any
    archive: Archive
    source: StudySource
    policy: ExportPolicy
    folder: Path

    def study(self, study_ref: str, received_at: datetime, n: int = 3, **columns: Any) -> str:
        """Put a study into the region and its archive."""
        write_study(self.archive.root / study_ref, n)
        columns = {"study_uid": STUDY_UID, **columns}
        return str(
            self.database.insert_study(
                received_at, study_ref=study_ref, scores=(0.8, 0.1), **columns
            )
        )

    def ask(self, study_ref: str, at: datetime, **fields: Any) -> ExportedStudy:
        return ask(self.region, study_ref, at, **fields)

    def release(self, study: ExportedStudy, at: datetime) -> None:
        viewer = User.objects.get_or_create(username="viewer")[0]
        ExportedStudy.objects.filter(pk=study.pk).update(
            looked_through_by=viewer, looked_through_at=at
        )

    def files(self) -> list[str]:
        """Return what is left in the export folder."""
        return sorted(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
        )


def make_center(database: Any, region: Region, folder: Path, archive: Archive) -> ExportCenter:
    source = StudySource.objects.create(
        region=region, kind=StudySource.Kind.SFTP, base_path="/archive/{study_ref}"
    )
    policy = ExportPolicy.objects.create(region=region, is_allowed=True, needs_approval=False)
    return ExportCenter(region, database, archive, source, policy, folder)
