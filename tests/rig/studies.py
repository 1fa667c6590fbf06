"""Studies of real DICOM files, made of pydicom's samples under UIDs of their own."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random

import pydicom
from pydicom.uid import generate_uid

SAMPLE = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
STEP_BYTES = 10_002


@dataclass(frozen=True)
class Study:
    uid: str
    accession: str
    files: tuple[bytes, ...]

    @property
    def n_bytes(self) -> int:
        return sum(map(len, self.files))


def make_study(accession: str, n_files: int = 3, n_bytes: int = 40_000) -> Study:
    """Return a study of two series whose files have about this size and all another one."""
    dataset = pydicom.dcmread(SAMPLE)
    dataset.AccessionNumber = accession
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=[accession])
    series = [generate_uid(entropy_srcs=[accession, str(number)]) for number in range(2)]
    files = []
    rng = Random(accession)
    for number in range(n_files):
        dataset.SeriesInstanceUID = series[number % 2]
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=[accession, "file", str(number)])
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.DataSetTrailingPadding = rng.randbytes(n_bytes - 39_000 + number * STEP_BYTES)
        written = BytesIO()
        dataset.save_as(written, enforce_file_format=True)
        files.append(written.getvalue())
    return Study(dataset.StudyInstanceUID, accession, tuple(files))
