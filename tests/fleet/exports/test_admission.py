from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRLittleEndian

from fleet.exports.admission import IMAGES, check_object, check_syntax
from fleet.exports.ends import End, Stopped
from fleet.exports.instance import Task, clean
from fleet.exports.masks import Mask
from fleet.exports.purposes import PURPOSES, Purpose
from tests.fleet.exports.samples import FOLDER, KEY

STORAGE = "1.2.840.10008.5.1.4.1.1."
MASK = Mask("", "", "CT", "", "", left=2, top=3, width=10, height=5)


def refused(**values: str) -> End | None:
    dataset = Dataset()
    dataset.SOPClassUID = f"{STORAGE}2"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    try:
        check_object(dataset, frozenset(), is_masked=False)
    except Stopped as stopped:
        return stopped.end
    return None


def saved(path: Path, **values: object) -> Path:
    dataset = pydicom.dcmread(FOLDER / "CT_small.dcm")
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


@pytest.mark.parametrize(
    ("suffix", "end"),
    [
        ("7", End.SECONDARY_CAPTURE),
        ("7.4", End.SECONDARY_CAPTURE),
        ("6.1", End.ULTRASOUND),
        ("3.1", End.ULTRASOUND),
        ("77.1.1", End.PHOTOGRAPH),
        ("88.33", End.REPORT),
        ("104.1", End.DOCUMENT),
        ("11.1", End.PRESENTATION),
        ("481.3", End.OTHER_OBJECT),
        ("9.1.1", End.OTHER_OBJECT),
    ],
)
def test_it_refuses_risky_kinds_by_name(suffix: str, end: End) -> None:
    assert refused(SOPClassUID=f"{STORAGE}{suffix}") is end


@pytest.mark.parametrize("sop_class", ["", "1.2.3", "1.2.840.10008.1.3.10"])
def test_it_refuses_kinds_it_does_not_know(sop_class: str) -> None:
    assert refused(SOPClassUID=sop_class) is End.OTHER_OBJECT


def test_it_takes_images_of_devices() -> None:
    assert {refused(SOPClassUID=sop_class) for sop_class in IMAGES} == {None}


@pytest.mark.parametrize(
    "values",
    [
        {"Modality": "OT"},
        {"ConversionType": "WSD"},
        {"ImageType": "DERIVED\\SECONDARY\\SCREEN SAVE"},
    ],
)
def test_it_sees_screens_behind_image_classes(values: dict[str, str]) -> None:
    assert refused(**values) is End.SECONDARY_CAPTURE


def test_it_refuses_burned_in_text() -> None:
    assert refused(BurnedInAnnotation="YES") is End.BURNED_IN
    assert refused(BurnedInAnnotation="NO") is None


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.8.1"])
def test_it_inflates_nothing(uid: str) -> None:
    with pytest.raises(Stopped, match="deflated"):
        check_syntax(uid)


@pytest.mark.parametrize("uid", ["", "1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.100", "1.2.3"])
def test_it_reads_no_unknown_syntax(uid: str) -> None:
    with pytest.raises(Stopped, match="not accepted"):
        check_syntax(uid)


@pytest.mark.parametrize("sample", ["CT_small.dcm", "JPEG2000.dcm"])
def test_it_paints_over_what_a_device_burns_in(sample: str, tmp_path: Path) -> None:
    source, target = FOLDER / sample, tmp_path / "out.dcm"
    mask = Mask("", "", pydicom.dcmread(source).Modality, "", "", 2, 3, 10, 5)
    admits = frozenset(End.__members__)
    purpose = Purpose("any", admits=admits)

    outcome = clean(source, target, Task(purpose, KEY, "", (mask,)))

    assert outcome.is_masked
    after, before = pydicom.dcmread(target), pydicom.dcmread(source).pixel_array
    assert (after.pixel_array[3:8, 2:12] == 0).all()
    unmasked = np.ones(before.shape, bool)
    unmasked[3:8, 2:12] = False
    assert (after.pixel_array[unmasked] == before[unmasked]).all()
    assert after.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


def test_it_takes_burned_in_text_that_is_masked(tmp_path: Path) -> None:
    source = saved(tmp_path / "in.dcm", BurnedInAnnotation="YES")

    ends = [
        clean(source, tmp_path / "out.dcm", Task(PURPOSES["external_sharing"], KEY, "", masks)).end
        for masks in ((), (MASK,))
    ]

    assert ends == [End.BURNED_IN, End.CLEANED]


def with_overlay_in_pixels(path: Path) -> Path:
    """Save an image whose two highest bits hold an overlay, as old devices wrote them."""
    dataset: FileDataset = pydicom.dcmread(FOLDER / "MR_small.dcm")
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    words = np.frombuffer(dataset.PixelData, "<u2") & 0x0FFF
    dataset.PixelData = (words | 0x8000).tobytes()
    dataset.add_new(0x60000102, "US", 15)
    dataset.add_new(0x60000100, "US", 16)
    dataset.save_as(path)
    return path


def test_it_wipes_overlays_inside_pixels(tmp_path: Path) -> None:
    source = with_overlay_in_pixels(tmp_path / "in.dcm")

    clean(source, tmp_path / "out.dcm", Task(PURPOSES["external_sharing"], KEY, ""))

    words = np.frombuffer(pydicom.dcmread(tmp_path / "out.dcm").PixelData, "<u2")
    assert int(words.max()) < 0x1000


def test_it_cuts_what_follows_the_last_pixel(tmp_path: Path) -> None:
    pixels = pydicom.dcmread(FOLDER / "CT_small.dcm").PixelData
    source = saved(tmp_path / "in.dcm", PixelData=pixels + b"IVANOV")

    clean(source, tmp_path / "out.dcm", Task(PURPOSES["external_sharing"], KEY, ""))

    assert pydicom.dcmread(tmp_path / "out.dcm").PixelData == pixels
