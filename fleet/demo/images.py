"""The images of a sham study: a real DICOM file of pydicom's with a planted identity."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

import pydicom
from pydicom.dataset import FileDataset
from pydicom.uid import UID

SAMPLE = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
STORAGE = "1.2.840.10008.5.1.4.1.1."
SOP_CLASSES = {
    "CR": f"{STORAGE}1",
    "MG": f"{STORAGE}1.2",
    "DX": f"{STORAGE}1.1",
    "CT": f"{STORAGE}2",
}
MOST_IMAGES = 4
BORN_AFTER = date(1938, 1, 1)
SURNAMES = ("Вымыслов", "Небылицын", "Сказкин", "Примеров", "Образцов", "Шаблонов")
NAMES = ("Иван", "Пётр", "Мария", "Анна", "Олег", "Вера")


def images(study_uid: str, modality: str, received_at: datetime) -> Iterator[bytes]:
    """Yield the files of a study; the same UID gives the same patient and images."""
    rng = Random(study_uid)
    study = copy.copy(_sample())
    study.SpecificCharacterSet = "ISO_IR 192"
    study.AccessionNumber = f"{rng.randrange(10**8):08d}"
    study.PatientName = f"{rng.choice(SURNAMES)}^{rng.choice(NAMES)}"
    study.PatientID = f"{rng.randrange(10**10):010d}"
    study.PatientBirthDate = f"{BORN_AFTER + timedelta(days=rng.randrange(25_000)):%Y%m%d}"
    study.StudyDate = study.SeriesDate = study.AcquisitionDate = f"{received_at:%Y%m%d}"
    study.StudyInstanceUID = study_uid
    study.SeriesInstanceUID = f"{study_uid}.1"
    study.SOPClassUID = study.file_meta.MediaStorageSOPClassUID = UID(SOP_CLASSES[modality])
    study.Modality = modality
    for number in range(1, 1 + rng.randint(2, MOST_IMAGES)):
        study.InstanceNumber = number
        study.SOPInstanceUID = f"{study_uid}.1.{number}"
        study.file_meta.MediaStorageSOPInstanceUID = study.SOPInstanceUID
        written = BytesIO()
        study.save_as(written, enforce_file_format=True)
        yield written.getvalue()


@cache
def _sample() -> FileDataset:
    return pydicom.dcmread(SAMPLE)
