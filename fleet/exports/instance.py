"""One DICOM file in, one de-identified file out, or a named end and nothing written."""

from __future__ import annotations

import errno
import hashlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import UID

from fleet.exports import pixels, traces
from fleet.exports.admission import check_object, check_syntax
from fleet.exports.deidentify import deidentify
from fleet.exports.ends import End, Stopped
from fleet.exports.masks import Mask, paint_over
from fleet.exports.pseudonyms import Pseudonyms
from fleet.exports.purposes import Purpose

# Of this program, made once; it names the writer and nobody else.
IMPLEMENTATION = UID("2.25.251087154364471186105186312973430466253")
# How far into plain pixels we look, and how long a word is that does not stand there by chance.
EDGE, LONG = 65_536, 7


@dataclass(frozen=True)
class Task:
    """What holds for all files of one study."""

    purpose: Purpose
    key: bytes  # of the project; never written anywhere
    study_uid: str  # the study that was asked for; empty accepts any
    masks: tuple[Mask, ...] = ()
    max_bytes: int = 1024**3


@dataclass(frozen=True)
class Outcome:
    """What became of one file, in words that name nobody: all UIDs are the new ones."""

    end: End
    study: str = ""
    series: str = ""
    sop: str = ""
    sop_class: str = ""
    transfer_syntax: str = ""
    modality: str = ""
    size: int = 0
    sha256: str = ""
    source_size: int = 0
    source_sha256: str = ""
    pixels_sha256: str = ""
    is_masked: bool = False


def clean(source: Path, target: Path, task: Task) -> Outcome:
    """De-identify one file. Whatever goes wrong, `target` exists only after CLEANED."""
    try:
        with _silence():
            return _clean(source, target, task)
    except Stopped as stopped:
        end = stopped.end
    except RecursionError:
        end = End.TOO_DEEP
    except MemoryError:
        end = End.OUT_OF_MEMORY
    except InvalidDicomError:
        end = End.NOT_DICOM
    except EOFError:
        end = End.TRUNCATED
    except OSError as error:
        end = End.DISK_FULL if error.errno in {errno.ENOSPC, errno.EDQUOT} else End.MALFORMED
    except Exception:
        # pydicom raises nearly anything for a hostile file, with values in the message.
        end = End.MALFORMED
    target.unlink(missing_ok=True)
    return Outcome(end, source_size=source.stat().st_size if source.exists() else 0)


def _clean(source: Path, target: Path, task: Task) -> Outcome:
    size = source.stat().st_size
    if size > task.max_bytes:
        raise Stopped(End.TOO_BIG)
    dataset = _read(source)
    if task.study_uid and dataset.get("StudyInstanceUID") != task.study_uid:
        raise Stopped(End.WRONG_STUDY)
    masks = tuple(mask for mask in task.masks if mask.fits(dataset))
    check_object(dataset, task.purpose.admits, is_masked=bool(masks))
    pixels.check_pixels(dataset)
    if pixels.has_overlay_in_pixels(dataset):
        pixels.clear_overlay_bits(dataset)
    pixels.cut_tail(dataset)
    if masks:
        paint_over(dataset, masks)
    identity = traces.identity_of(dataset)
    pseudonyms = Pseudonyms(task.key, _patient(dataset))
    deidentify(dataset, task.purpose, pseudonyms)
    pixels.check_is_image(dataset)
    _write(dataset, target)
    return _looked_at(dataset, source, target, identity, is_masked=bool(masks))


def _read(source: Path) -> FileDataset:
    """Return the file's dataset, its syntax checked before anything is inflated."""
    meta = read_file_meta_info(source)
    check_syntax(str(meta.get("TransferSyntaxUID") or ""))
    dataset = pydicom.dcmread(source)
    for tag in list(dataset.keys()):
        raw = dataset.get_item(tag)
        if not isinstance(raw, RawDataElement) or raw.length == 0xFFFFFFFF:
            continue
        # pydicom takes what is there and says nothing.
        if raw.value is not None and len(raw.value) < raw.length:
            raise Stopped(End.TRUNCATED)
    if not dataset.get("SOPClassUID") or not dataset.get("SOPInstanceUID"):
        raise Stopped(End.MALFORMED)
    return dataset


def _patient(dataset: Dataset) -> str:
    """Return what tells this patient from others; the study, when it names none."""
    number = str(dataset.get("PatientID") or "").strip()
    if number:
        return f"{number} {dataset.get('IssuerOfPatientID') or ''}"
    name = str(dataset.get("PatientName") or "").strip()
    born = str(dataset.get("PatientBirthDate") or "")
    return f"{name} {born}" if name else str(dataset.get("StudyInstanceUID") or "")


def _write(dataset: FileDataset, target: Path) -> None:
    """Write the dataset with a preamble of zeros and file meta of our own."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    meta.ImplementationClassUID = IMPLEMENTATION
    meta.ImplementationVersionName = "FLEET"
    dataset.file_meta = meta
    dataset.preamble = b"\0" * 128
    pydicom.dcmwrite(target, dataset, enforce_file_format=True)


def _looked_at(
    dataset: Dataset, source: Path, target: Path, identity: frozenset[str], *, is_masked: bool
) -> Outcome:
    """Return the outcome after a last search for the patient in the bytes that were written."""
    raw = target.read_bytes()
    rest, edges = _searchable(raw, dataset)
    long = {word for word in identity if len(word) >= LONG}
    is_left = traces.found_in_texts(dataset, identity) or traces.found(rest, identity)
    if is_left or traces.found(edges, long):
        raise Stopped(End.IDENTITY_LEFT)
    return Outcome(
        End.CLEANED,
        study=str(dataset.get("StudyInstanceUID") or ""),
        series=str(dataset.get("SeriesInstanceUID") or ""),
        sop=str(dataset.SOPInstanceUID),
        sop_class=str(dataset.SOPClassUID),
        transfer_syntax=str(dataset.file_meta.TransferSyntaxUID),
        modality=str(dataset.get("Modality") or "")[:16],
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        source_size=source.stat().st_size,
        source_sha256=_sha256(source),
        pixels_sha256=pixels.pixels_sha256(dataset),
        is_masked=is_masked,
    )


def _searchable(raw: bytes, dataset: Dataset) -> tuple[bytes, bytes]:
    """Return the file without its plain pixels, and both ends of those.

    Plain pixels hold any short word by chance; compressed ones are searched, for they carry
    comments. In a damaged file the pixels may hold what stood before or after them.
    """
    plain = b""
    if "PixelData" in dataset and not UID(dataset.file_meta.TransferSyntaxUID).is_compressed:
        plain = dataset.PixelData
    start = raw.rfind(plain) if plain else -1
    if start < 0:
        return raw, b""
    return raw[:start] + raw[start + len(plain) :], plain[:EDGE] + plain[-EDGE:]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _silence() -> Iterator[None]:
    """Keep pydicom's warnings and log away from every stream: they quote values."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
