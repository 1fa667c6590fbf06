from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw, ImageFont

from fleet.exports.child import Cleaner
from fleet.exports.package import Contents, pack
from fleet.exports.recognition import recogniser
from fleet.exports.study import CleanStudy, Texts, clean_study, draw_sheets, read_texts
from tests.fleet.exports.conftest import LIMITS, SIGNER
from tests.fleet.exports.samples import FOLDER, KEY, task

needs_tesseract = pytest.mark.skipif(
    recogniser() is None,
    reason="tesseract is missing: bin/install-test-packages installs tesseract-ocr",
)
FONT = Path(__file__).parents[3] / "fleet" / "alerts" / "fonts"


def written(text: str, path: Path) -> Path:
    """Save an image of 512 pixels with a text in its corner, as a device burns one in."""
    dataset = pydicom.dcmread(FOLDER / "CT_small.dcm")
    picture = Image.new("L", (512, 512), 0)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((100, 100, 420, 420), fill=90)
    pen.text((8, 8), text, fill=255, font=ImageFont.truetype(str(next(FONT.glob("*.ttf"))), 20))
    dataset.Rows = dataset.Columns = 512
    dataset.PixelData = np.asarray(picture).astype("<i2").tobytes()
    dataset.SOPInstanceUID = f"1.2.3.{len(text)}"
    dataset.save_as(path)
    return path


@pytest.fixture
def study(tmp_path: Path, cleaner: Cleaner) -> CleanStudy:
    """Three images, the second with a name in its pixels."""
    sources = [
        FOLDER / "MR_small.dcm",
        written("IVANOV PETR 17.07.1931", tmp_path / "text.dcm"),
        written("", tmp_path / "empty.dcm"),
    ]
    return clean_study(sources, tmp_path / "clean", cleaner)


@needs_tesseract
def test_it_names_the_files_that_hold_text(study: CleanStudy, cleaner: Cleaner) -> None:
    texts = read_texts(study, cleaner)

    assert texts is not None
    assert texts.files == (study.taken[1].name,)
    assert texts.n_read == 3
    assert texts.program.startswith("tesseract ")


@needs_tesseract
def test_it_reads_russian(tmp_path: Path, cleaner: Cleaner) -> None:
    program = recogniser()
    assert program is not None
    if "rus" not in program.languages:
        pytest.skip("NOT TESTED: install tesseract-ocr-rus to look for Russian text.")
    path = written("Иванов Пётр Сергеевич", tmp_path / "text.dcm")

    assert (cleaner.n_words(path, program.languages) or 0) >= 2


@needs_tesseract
def test_it_gives_up_in_time(
    tmp_path: Path, cleaner_of: Callable[..., Cleaner], study: CleanStudy
) -> None:
    hurried = cleaner_of(task(), replace(LIMITS, seconds=0.01))

    texts = read_texts(study, hurried)

    assert texts is not None
    assert (texts.n_read, texts.files) == (0, ())


def test_it_says_so_where_nothing_reads(
    study: CleanStudy, cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert read_texts(study, cleaner) is None


def test_it_warns_whoever_looks_the_sheet_through(
    study: CleanStudy, cleaner: Cleaner, tmp_path: Path
) -> None:
    texts = Texts("tesseract 5", 3, (study.taken[1].name,))
    drawn = []
    for name, found in (("plain", None), ("warned", texts)):
        (tmp_path / name).mkdir()
        (sheet,) = draw_sheets(study, tmp_path / name, cleaner, found)
        drawn.append(Image.open(sheet).tobytes())

    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("is_done", [False, True])
def test_it_writes_counts_and_files_but_no_words(
    is_done: bool, contents: Contents, tmp_path: Path
) -> None:
    texts = Texts("tesseract 5", 3, ("dicom/0001/0001/00002.dcm",)) if is_done else None

    pack(replace(contents, texts=texts), tmp_path / "out.zip", KEY, SIGNER)

    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith("validation.json"))
        said = json.loads(archive.read(name))["text_recognition"]
    if not is_done:
        assert said == "not done"
    else:
        assert said["files_with_text"] == ["dicom/0001/0001/00002.dcm"]
        assert (said["n_files_read"], said["n_files_with_text"]) == (3, 1)
