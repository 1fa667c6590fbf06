"""Studies of real DICOM files, made of pydicom's samples under UIDs of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random

import pydicom
from pydicom.uid import generate_uid

SAMPLE = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
STEP_BYTES = 10_002
# More than this Python's generator cannot give at once.
PIECE_BYTES = 2**24
PRIVATE = 0x0099


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
    files = tuple(files_of(accession, n_files, n_bytes))
    return Study(uid_of(accession), accession, files)


def uid_of(accession: str) -> str:
    """Return the UID of the study that is made with this accession number."""
    return str(generate_uid(entropy_srcs=[accession]))


def files_of(accession: str, n_files: int, n_bytes: int) -> Iterator[bytes]:
    """Yield the files of the study one by one; they cannot be compressed."""
    rng = Random(accession)
    dataset = pydicom.dcmread(SAMPLE)
    dataset.AccessionNumber = accession
    dataset.StudyInstanceUID = uid_of(accession)
    series = [generate_uid(entropy_srcs=[accession, str(number)]) for number in range(2)]
    for number in range(n_files):
        dataset.SeriesInstanceUID = series[number % 2]
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=[accession, "file", str(number)])
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.DataSetTrailingPadding = b"".join(_random(rng, n_bytes, number))
        written = BytesIO()
        dataset.save_as(written, enforce_file_format=True)
        yield written.getvalue()


def lasting(file: bytes) -> bytes:
    """Return the file with its padding as a private element: a PACS leaves padding away."""
    dataset = pydicom.dcmread(BytesIO(file))
    block = dataset.private_block(PRIVATE, "BENCH", create=True)
    block.add_new(0x01, "OB", dataset.DataSetTrailingPadding)
    del dataset.DataSetTrailingPadding
    written = BytesIO()
    dataset.save_as(written, enforce_file_format=True)
    return written.getvalue()


def digest(file: bytes) -> str:
    """Return a hash of what a file made `lasting` says of the image, without what sent it."""
    dataset = pydicom.dcmread(BytesIO(file))
    content = b"".join(bytes(str(element), "utf-8") for element in dataset.iterall())
    pixels = dataset.PixelData + dataset[PRIVATE, 0x1001].value
    return hashlib.sha256(content + pixels).hexdigest()


def _random(rng: Random, n_bytes: int, number: int) -> Iterator[bytes]:
    left = n_bytes - SAMPLE.stat().st_size + number * STEP_BYTES
    while left > 0:
        yield rng.randbytes(min(left, PIECE_BYTES))
        left -= PIECE_BYTES
