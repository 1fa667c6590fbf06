"""Where else a person may be found: places, alphabets and spellings that no table lists."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEGBaseline8Bit

from fleet.exports.ends import End
from fleet.exports.instance import clean
from tests.fleet.exports.samples import FOLDER, KEEPING, MINIMAL, task

CT, JPEG = FOLDER / "CT_small.dcm", FOLDER / "examples_ybr_color.dcm"
LATIN, CYRILLIC = "IVANOVSKY^PETR", "Ивановский^Пётр"
BYTES = {name.encode(code) for name in ("IVANOVSKY", "Ивановский") for code in ("utf-8", "cp1251")}


def ended(dataset: FileDataset, folder: Path, tail: bytes = b"") -> tuple[End, bytes]:
    """Return how a file with the dataset ends, and the bytes that came out."""
    source, target = folder / "in.dcm", folder / "out.dcm"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(source)
    source.write_bytes(source.read_bytes() + tail)
    outcome = clean(source, target, task(KEEPING))
    assert outcome.end is not End.NOT_DICOM
    return outcome.end, target.read_bytes() if target.exists() else b""


def sample(name: str = LATIN, source: Path = CT) -> FileDataset:
    dataset = pydicom.dcmread(source)
    dataset.PatientName = name
    return dataset


def in_file_meta(dataset: FileDataset) -> None:
    dataset.file_meta.SourceApplicationEntityTitle = "IVANOVSKY"
    dataset.file_meta.ImplementationVersionName = "IVANOVSKY"
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.3"
    dataset.file_meta.PrivateInformation = b"IVANOVSKY"


def in_an_icon(dataset: FileDataset) -> None:
    icon = Dataset()
    icon.Rows, icon.Columns, icon.PixelData = 1, 10, b"IVANOVSKY "
    icon.SamplesPerPixel, icon.BitsAllocated, icon.BitsStored, icon.HighBit = 1, 8, 8, 7
    icon.PhotometricInterpretation, icon.PixelRepresentation = "MONOCHROME2", 0
    dataset.IconImageSequence = [icon]


def in_groups_of_ideographs(dataset: FileDataset) -> None:
    dataset.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    dataset.PatientName = "IVANOVSKY^PETR=山田^太郎=やまだ^たろう"
    dataset.OtherPatientNames = ["IVANOVSKY^P=山田^太郎", "PETR^IVANOVSKY"]


def in_ranges_of_dates(dataset: FileDataset) -> None:
    dataset.add_new("PatientBirthDate", "DA", "19310717-19310718")
    dataset.add_new("DateOfSecondaryCapture", "LO", "IVANOVSKY")


def in_texts_that_no_table_names(dataset: FileDataset) -> None:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.add_new("PatientBirthDateInAlternativeCalendar", "LO", "17 IVANOVSKY 1931")
    dataset.add_new("HangingProtocolCreator", "LO", "IVANOVSKY")
    dataset.add_new("OwnerID", "SH", "IVANOVSKY")
    dataset.add_new("EncryptedContent", "OB", b"IVANOVSKY ")
    # Windows' letters where the standard allows only Latin ones.
    dataset.add_new("BodyPartExamined", "CS", "Ивановский".encode("cp1251").decode("latin-1"))


def in_commands(dataset: FileDataset) -> None:
    dataset.add_new(0x7FE10010, "OB", b"IVANOVSKY ")
    dataset.add_new(0x7F010010, "OB", b"IVANOVSKY ")
    dataset.add_new(0x7F000010, "OW", b"IVANOVSKY ")
    dataset.add_new(0xFFFCFFFC, "OB", b"IVANOVSKY ")


PLACES = [
    *(in_file_meta, in_an_icon, in_groups_of_ideographs),
    *(in_ranges_of_dates, in_texts_that_no_table_names, in_commands),
]


@pytest.mark.parametrize("hide", PLACES, ids=lambda hide: hide.__name__)
@pytest.mark.filterwarnings("ignore")
def test_it_finds_every_hiding_place(hide: Callable[[FileDataset], None], tmp_path: Path) -> None:
    # Who is looked for by name is somebody else: the places themselves must be empty.
    dataset = sample("NOBODY^ELSE")
    hide(dataset)

    end, raw = ended(dataset, tmp_path)

    assert end is End.CLEANED
    assert not any(word in raw for word in (*BYTES, b"19310717", "山田".encode("iso2022_jp")[3:-3]))


@pytest.mark.parametrize("before", [b"", b"\0" * 64, b"\xe0\x7f\x10\0"])
def test_it_leaves_nothing_of_what_follows_the_data(before: bytes, tmp_path: Path) -> None:
    _end, raw = ended(sample("NOBODY^ELSE"), tmp_path, before + b"IVANOVSKY")

    assert b"IVANOVSKY" not in raw


@pytest.mark.parametrize("tag", [0x00540220, 0x00091001, 0x00189999, 0x00081140])
def test_it_leaves_nothing_in_unknown_elements(tag: int, tmp_path: Path) -> None:
    """A sequence that is said to be unknown, whose items are explicit where they must not be."""
    name = b"\x10\0\x10\0PN\x0a\0IVANOVSKY "
    item = b"\xfe\xff\0\xe0" + len(name).to_bytes(4, "little") + name
    head = (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little") + b"UN\0\0"

    end, raw = ended(sample("NOBODY^ELSE"), tmp_path, head + len(item).to_bytes(4, "little") + item)

    assert end is End.CLEANED
    assert b"IVANOVSKY" not in raw


def test_it_reads_comments_in_compressed_pixels(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(JPEG)
    assert dataset.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    dataset.PatientName = LATIN
    frames = generate_frames(dataset.PixelData, number_of_frames=int(dataset.NumberOfFrames))
    comment = b"\xff\xfe\x00\x0bIVANOVSKY"
    dataset.PixelData = encapsulate([frame[:2] + comment + frame[2:] for frame in frames])

    end, _raw = ended(dataset, tmp_path)

    assert end is End.IDENTITY_LEFT


# A text that stays, since it says how the image was made, and may hold anything all the same.
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (LATIN, "Petr Ivanovsky"),
        (LATIN, "for ivanovsky, p."),
        (CYRILLIC, "Пётр Ивановский"),
        (CYRILLIC, "ИВАНОВСКИЙ"),
        (CYRILLIC, "Ivanovskiy P"),
        (CYRILLIC, "IVANOVSKII"),
        (CYRILLIC, "scan of Ivanovsky"),
        ("Ким^Ян", "Kim Y."),
        ("Щёголева^Юлия", "Shchegoleva"),
        (LATIN, "Ивановский"),
    ],
)
def test_it_finds_a_name_in_other_words(name: str, text: str, tmp_path: Path) -> None:
    dataset = sample(name)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.WindowCenterWidthExplanation = text

    assert ended(dataset, tmp_path)[0] is End.IDENTITY_LEFT


@pytest.mark.parametrize("charset", ["", "ISO_IR 100", "WINDOWS-1251", "Unknown", "ISO_IR 138"])
@pytest.mark.filterwarnings("ignore")
def test_it_finds_a_name_in_a_wrong_alphabet(charset: str, tmp_path: Path) -> None:
    raw = "Ивановский".encode("cp1251")
    dataset = sample()
    dataset.SpecificCharacterSet = charset
    for tag, vr in ((0x00100010, "PN"), (0x00281055, "LO")):
        dataset[tag] = DataElement(tag, "UN", raw)
        dataset[tag].VR = vr

    assert ended(dataset, tmp_path)[0] is End.IDENTITY_LEFT


@pytest.mark.parametrize("text", ["born 17.07.1931.", "1931-07-17", "19310717", "N731513X"])
def test_it_finds_a_birthday_and_a_number_within_a_text(text: str, tmp_path: Path) -> None:
    dataset = sample()
    dataset.PatientBirthDate, dataset.PatientID = "19310717", "731513"
    dataset.WindowCenterWidthExplanation = text

    assert ended(dataset, tmp_path)[0] is End.IDENTITY_LEFT


def test_it_lets_words_of_the_trade_pass(tmp_path: Path) -> None:
    dataset = sample("ANONYMOUS^PATIENT")
    dataset.WindowCenterWidthExplanation = "patient test"

    assert ended(dataset, tmp_path)[0] is End.CLEANED


def test_it_names_files_by_counting(tmp_path: Path) -> None:
    (tmp_path / "IVANOVSKY").mkdir()
    source, target = tmp_path / "IVANOVSKY" / "PETR.dcm", tmp_path / "out.dcm"
    source.write_bytes(CT.read_bytes())

    outcome = clean(source, target, task(MINIMAL))

    assert "IVANOVSKY" not in repr(outcome)
    assert b"PETR" not in target.read_bytes()
