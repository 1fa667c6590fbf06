"""pydicom's own sample files, and identities planted into them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import pydicom
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from fleet.exports.ends import End
from fleet.exports.instance import Task
from fleet.exports.profile import rules_by_tag
from fleet.exports.purposes import PURPOSES, Purpose

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
SAMPLES = sorted(FOLDER.rglob("*.dcm"))
KEY = bytes(range(32))
ALL_RISKS = frozenset(End.__members__)
MINIMAL = replace(PURPOSES["external_sharing"], admits=ALL_RISKS)
KEEPING = replace(PURPOSES["device_drift"], admits=ALL_RISKS)

PERSONAL = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientAddress", "PatientComments"),
    *("AccessionNumber", "ReferringPhysicianName", "OperatorsName", "InstitutionName"),
    *("OtherPatientIDs", "StudyDescription"),
)

# What no sample holds by itself, in forms that each VR takes.
LATIN, CYRILLIC = "ZQSENT", "ЗЯЖИВАГО"
DATE, TIME, NUMBER, UID = "19310717", "131719.123456", "731513", "1.2.999.777"
IMAGE = f"{UID}.90000000"
STEMS = (LATIN, LATIN.lower(), CYRILLIC, DATE, "131719", NUMBER, f"{UID}.", "0x51A7")
ENCODINGS = ("utf-8", "cp1251", "iso8859-5", "koi8-r", "cp866", "utf-16-le", "utf-16-be")


def needles() -> set[bytes]:
    """Return every planted stem in every encoding that can write it."""
    found = {b"ZQSENT".hex().encode()}
    for stem in STEMS:
        for encoding in ENCODINGS:
            try:
                found.add(stem.encode(encoding))
            except UnicodeEncodeError:
                continue
    return found


@dataclass(frozen=True)
class Planter:
    """Writes what identifies somebody into a dataset, in one alphabet."""

    is_cyrillic: bool

    def value(self, vr: str, n: int) -> object:
        text = f"{CYRILLIC}{n:04d}" if self.is_cyrillic else f"{LATIN}{n:04d}"
        fixed = {
            **dict.fromkeys(("AE", "CS"), f"{LATIN}{n:04d}"),
            "UR": f"urn:{LATIN}:{n}",
            "UI": f"{UID}.{n}",
            "AS": "093Y",
            "DA": DATE,
            "TM": TIME,
            "DT": f"{DATE}{TIME}",
            "DS": NUMBER,
            "IS": NUMBER,
            **dict.fromkeys(("OB", "OW", "UN"), f"{LATIN}{n:04d}".encode()),
            **dict.fromkeys(("US", "SS"), 0x51A7 & 0x7FFF),
            **dict.fromkeys(("FD", "FL"), float(NUMBER)),
            "PN": f"{text}^{text}^{text}",
        }
        return fixed.get(vr, text)

    def plant(self, dataset: Dataset, *, skip: frozenset[int] = frozenset()) -> None:
        """Plant every attribute of the table, private ones, curves and overlays."""
        for n, (tag, rule) in enumerate(rules_by_tag().items()):
            if tag >> 16 < 0x0008 or tag in skip:
                continue
            vr = rule.vr or "LO"
            if vr == "SQ":
                dataset.add_new(tag, "SQ", [self._item(n)])
            else:
                dataset.add_new(tag, vr, self.value(vr, n))
        block = dataset.private_block(0x0009, f"{LATIN} CREATOR", create=True)
        block.add_new(0x01, "LO", self.value("LO", 9001))
        block.add_new(0x02, "SQ", [self._item(9002)])
        for group in (0x6000, 0x6002, 0x601E):
            dataset.add_new(Tag(group, 0x3000), "OW", self.value("OW", 9003))
            dataset.add_new(Tag(group, 0x4000), "LT", self.value("LT", 9004))
            dataset.add_new(Tag(group, 0x1500), "LO", self.value("LO", 9005))
        for group in (0x5000, 0x501E):
            dataset.add_new(Tag(group, 0x3000), "OW", self.value("OW", 9006))
            dataset.add_new(Tag(group, 0x2500), "LO", self.value("LO", 9007))

    def _item(self, n: int) -> Dataset:
        item = Dataset()
        item.add_new(0x00100010, "PN", self.value("PN", n))
        item.add_new(0x00081155, "UI", self.value("UI", n))
        item.add_new(0x00104000, "LT", self.value("LT", n))
        return item


def planted(source: Path, *, is_cyrillic: bool) -> FileDataset:
    """Return a sample with everything planted at its root and in a sequence within a sequence."""
    dataset = pydicom.dcmread(source)
    # pydicom cannot write in another encoding what it has not read yet.
    for _element in dataset.iterall():
        pass
    original = copy.deepcopy(dataset)
    planter = Planter(is_cyrillic)
    if is_cyrillic:
        dataset.SpecificCharacterSet = "ISO_IR 144"
    planter.plant(dataset, skip=frozenset({0x00080016}))
    inner, outer = Dataset(), Dataset()
    planter.plant(inner)
    outer.ViewCodeSequence = Sequence([inner])
    # Neither sequence is in the table, so both are kept and walked through.
    dataset.ViewCodeSequence = Sequence([outer])
    dataset.file_meta = original.file_meta
    dataset.file_meta.MediaStorageSOPInstanceUID = f"{UID}.1"
    dataset.file_meta.SourceApplicationEntityTitle = f"{LATIN}AE"
    dataset.file_meta.PrivateInformationCreatorUID = f"{UID}.2"
    dataset.file_meta.PrivateInformation = LATIN.encode()
    dataset.preamble = b"MZ" + LATIN.encode().ljust(126, b"\0")
    return dataset


def identified(source: Path, *, is_cyrillic: bool) -> FileDataset:
    """Return a sample of a planted person as an archive has one: a dozen attributes, not all."""
    dataset = pydicom.dcmread(source)
    for _element in dataset.iterall():
        pass
    planter = Planter(is_cyrillic)
    if is_cyrillic:
        dataset.SpecificCharacterSet = "ISO_IR 144"
    for keyword in PERSONAL:
        vr = dictionary_VR(keyword)
        dataset.add_new(keyword, vr, planter.value(vr, 1))
    dataset.SOPInstanceUID = IMAGE
    inner = Dataset()
    inner.PatientName, inner.PatientID = dataset.PatientName, dataset.PatientID
    dataset.OtherPatientIDsSequence = dataset.ViewCodeSequence = Sequence([inner])
    block = dataset.private_block(0x0009, f"{LATIN} CREATOR", create=True)
    block.add_new(0x01, "LO", planter.value("LO", 1))
    dataset.add_new(0x60003000, "OW", planter.value("OW", 1))
    dataset.add_new(0x60004000, "LT", planter.value("LT", 1))
    return dataset


def task(purpose: Purpose = MINIMAL, key: bytes = KEY, study_uid: str = "") -> Task:
    return Task(purpose, key, study_uid)
