from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian

from fleet.exports.child import Cleaner, Limits
from fleet.exports.ends import End
from fleet.exports.preview import ACROSS, LABEL, TILE, contact_sheet, shown_frames
from fleet.exports.study import StudyRefused, clean_study, draw_sheets
from tests.fleet.exports.conftest import IMAGES
from tests.fleet.exports.samples import FOLDER, task

CT = FOLDER / "CT_small.dcm"


def nested(path: Path, depth: int) -> Path:
    """Save a file whose sequences of undefined length lie `depth` deep in each other."""
    opening = b"\x54\x00\x20\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closing = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    dataset = pydicom.dcmread(CT)
    body = Dataset()
    body.SOPClassUID, body.SOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    body.StudyInstanceUID = dataset.StudyInstanceUID
    body.file_meta = dataset.file_meta
    body.save_as(path, enforce_file_format=True)
    path.write_bytes(path.read_bytes() + opening * depth + closing * depth)
    return path


def bomb(path: Path) -> Path:
    """Save a small file in the deflated syntax that inflates to 300 MB."""
    dataset = pydicom.dcmread(CT)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    raw = path.read_bytes()
    meta_end = 128 + 4 + 12 + dataset.file_meta.FileMetaInformationGroupLength
    packer = zlib.compressobj(9, wbits=-15)
    element = b"\xe0\x7f\x10\x00OW\0\0" + (300_000_000).to_bytes(4, "little")
    packed = packer.compress(element) + packer.compress(b"\0" * 300_000_000) + packer.flush()
    path.write_bytes(raw[:meta_end] + packed)
    return path


def zip_bomb(path: Path) -> Path:
    """Save a zip of 300 KB that unpacks to 300 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../image.dcm", bytes(300_000_000))
    return path


def odd_files(folder: Path) -> dict[Path, End]:
    def written(name: str, raw: bytes) -> Path:
        (folder / name).write_bytes(raw)
        return folder / name

    return {
        written("empty", b""): End.NOT_DICOM,
        written("text", b"hello" * 100): End.NOT_DICOM,
        # No archive is ever unpacked, so none can burst.
        zip_bomb(folder / "study.zip"): End.NOT_DICOM,
        written("head", CT.read_bytes()[:140]): End.UNKNOWN_SYNTAX,
        written("half", CT.read_bytes()[:20_000]): End.TRUNCATED,
        nested(folder / "deep", 100): End.TOO_DEEP,
        nested(folder / "deeper", 50_000): End.TOO_DEEP,
        bomb(folder / "bomb"): End.DEFLATED,
        folder / "missing": End.MALFORMED,
    }


def test_it_names_the_end_of_every_odd_file(tmp_path: Path, cleaner: Cleaner) -> None:
    files = odd_files(tmp_path)

    ends = {file: cleaner.clean(file, tmp_path / "out.dcm").end for file in files}

    assert ends == files
    assert not (tmp_path / "out.dcm").exists()
    assert cleaner.clean(CT, tmp_path / "out.dcm").end is End.CLEANED
    assert cleaner.n_children == 1


def test_it_ends_a_child_that_takes_too_long(
    tmp_path: Path, cleaner_of: Callable[..., Cleaner]
) -> None:
    os.mkfifo(tmp_path / "never")
    cleaner = cleaner_of(task(), Limits(seconds=1.0))

    assert cleaner.clean(tmp_path / "never", tmp_path / "out.dcm").end is End.TOO_SLOW
    assert not (tmp_path / "out.dcm").exists()


def test_it_goes_on_after_a_crash(tmp_path: Path, cleaner_of: Callable[..., Cleaner]) -> None:
    # The kernel ends a child that writes more than it may, in the middle of the file.
    cleaner = cleaner_of(task(), Limits(file_bytes=10_000))

    ends = [cleaner.clean(CT, tmp_path / "out.dcm").end for _ in range(2)]

    assert set(ends) <= {End.CRASHED, End.MALFORMED, End.TOO_BIG}
    assert not (tmp_path / "out.dcm").exists()


def test_it_stays_within_its_memory(tmp_path: Path, cleaner_of: Callable[..., Cleaner]) -> None:
    dataset = pydicom.dcmread(CT)
    dataset.Rows = dataset.Columns = 16_384
    dataset.PixelData = bytes(16_384 * 16_384 * 2)
    dataset.save_as(tmp_path / "big.dcm")
    cleaner = cleaner_of(task(), Limits(memory_bytes=700 * 1024**2))

    assert cleaner.clean(tmp_path / "big.dcm", tmp_path / "out.dcm").end is End.OUT_OF_MEMORY
    assert cleaner.clean(CT, tmp_path / "out.dcm").end is End.CLEANED


def test_it_takes_an_instance_once(tmp_path: Path, cleaner: Cleaner) -> None:
    ends = [cleaner.clean(CT, tmp_path / name).end for name in ("a", "b")]

    assert ends == [End.CLEANED, End.DUPLICATE]
    assert not (tmp_path / "b").exists()


def test_it_refuses_another_study(tmp_path: Path, cleaner_of: Callable[..., Cleaner]) -> None:
    cleaner = cleaner_of(task(study_uid=str(pydicom.dcmread(CT).StudyInstanceUID)))

    with pytest.raises(StudyRefused, match="File 2 belongs to another study"):
        clean_study(IMAGES, tmp_path / "study", cleaner)

    assert list(tmp_path.iterdir()) == []


def test_it_says_what_is_left_out_and_why(tmp_path: Path, cleaner: Cleaner) -> None:
    sources = [CT, FOLDER / "no_meta.dcm", CT, IMAGES[1]]

    study = clean_study(sources, tmp_path / "study", cleaner)

    assert study.left_out == ((2, End.NOT_DICOM), (3, End.DUPLICATE))
    assert [taken.name for taken in study.taken] == [
        *("dicom/0001/0001/00001.dcm", "dicom/0002/0001/00001.dcm"),
    ]
    assert not (tmp_path / "study" / "part").exists()


def test_it_leaves_no_empty_study(tmp_path: Path, cleaner: Cleaner) -> None:
    with pytest.raises(StudyRefused, match="Nothing is left: not DICOM"):
        clean_study([FOLDER / "no_meta.dcm"], tmp_path / "study", cleaner)

    assert list(tmp_path.iterdir()) == []


def test_it_gives_the_child_none_of_our_secrets(
    tmp_path: Path, cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEET_SECRET_KEY", "hush")
    cleaner.clean(CT, tmp_path / "out.dcm")

    child = cleaner._child
    assert child is not None
    environment = Path(f"/proc/{child.pid}/environ").read_bytes()
    command = Path(f"/proc/{child.pid}/cmdline").read_bytes()
    assert b"hush" not in environment
    assert task().key.hex().encode() not in environment + command


def make_film(path: Path, *, n_frames: int) -> Path:
    """A small image, over and over."""
    film = pydicom.dcmread(FOLDER / "MR_small.dcm")
    film.PixelData = film.PixelData * n_frames
    film.NumberOfFrames = n_frames
    film.save_as(path)
    return path


def test_it_draws_contact_sheets(tmp_path: Path, cleaner: Cleaner) -> None:
    study = clean_study(IMAGES, tmp_path / "study", cleaner)

    (sheet,) = draw_sheets(study, tmp_path, cleaner)

    assert sheet.read_bytes().startswith(b"\x89PNG")


def test_it_draws_a_tile_for_what_cannot_be_drawn(tmp_path: Path) -> None:
    (tmp_path / "x.dcm").write_bytes(b"nothing")

    contact_sheet([tmp_path / "x.dcm"], ["x"], tmp_path / "sheet.png")

    assert (tmp_path / "sheet.png").stat().st_size > 0


@pytest.mark.parametrize(("n", "rows"), [(1, 12), (2, 12), (12, 12)])
def test_it_draws_as_many_frames_as_there_is_room_for(tmp_path: Path, n: int, rows: int) -> None:
    film = make_film(tmp_path / "film.dcm", n_frames=40)

    contact_sheet([film] * n, ["film"] * n, tmp_path / "sheet.png")

    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (ACROSS * TILE, rows * (TILE + LABEL))


@pytest.mark.parametrize(
    ("n", "most", "shown"),
    [(1, 3, [0]), (2, 3, [0, 1]), (120, 3, [0, 60, 119]), (9, 5, [0, 2, 4, 6, 8]), (-1, 3, [0])],
)
def test_it_shows_frames_evenly_spaced(n: int, most: int, shown: list[int]) -> None:
    dataset = Dataset()
    dataset.NumberOfFrames = n

    assert shown_frames(dataset, most) == shown


def test_it_reads_a_file_with_many_small_sequences(tmp_path: Path, cleaner: Cleaner) -> None:
    dataset = pydicom.dcmread(CT)
    dataset.ViewCodeSequence = Sequence([Dataset() for _ in range(2000)])
    dataset.save_as(tmp_path / "in.dcm")

    assert cleaner.clean(tmp_path / "in.dcm", tmp_path / "out.dcm").end is End.CLEANED


def test_it_says_that_an_image_ends_before_its_rows(
    cleaner_of: Callable[..., Cleaner], tmp_path: Path
) -> None:
    dataset = pydicom.dcmread(CT)
    for tag in [tag for tag in dataset.keys() if tag >= 0x00280002]:  # noqa: SIM118
        del dataset[tag]
    dataset.save_as(tmp_path / "cut")

    outcome = cleaner_of(task()).clean(tmp_path / "cut", tmp_path / "clean")

    assert outcome.end is End.TRUNCATED
