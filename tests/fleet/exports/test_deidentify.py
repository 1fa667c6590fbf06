from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from fleet.exports.deidentify import deidentify, is_well_known
from fleet.exports.ends import End, Stopped
from fleet.exports.instance import clean
from fleet.exports.pseudonyms import Pseudonyms
from fleet.exports.purposes import DEFAULT, PURPOSES, WORDS, Purpose
from tests.fleet.exports.samples import FOLDER, KEEPING, KEY, MINIMAL, task
from tests.fleet.exports.test_sentinels import TAKEN

WITHOUT_PIXELS = {
    *("reportsi.dcm", "reportsi_with_empty_number_tags.dcm", "test-SR.dcm"),
    *("rtplan.dcm", "waveform_ecg.dcm"),
}
IMAGES = [path for path in TAKEN if path.name not in WITHOUT_PIXELS]
NAMES = Pseudonyms(KEY, "4711")
DEBUGGING = PURPOSES["model_debugging"]


def person(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def after(purpose: Purpose = MINIMAL, **values: object) -> Dataset:
    dataset = person(**values)
    deidentify(dataset, purpose, NAMES)
    return dataset


def uids(dataset: Dataset, path: str = "") -> list[tuple[str, str]]:
    """Return every UID with the place where it stands, those of DICOM itself left out."""
    found: list[tuple[str, str]] = []
    for element in dataset:
        if element.VR == "SQ":
            for n, item in enumerate(element.value):
                found += uids(item, f"{path}/{element.keyword}{n}")
        elif element.VR == "UI" and element.value and not is_well_known(str(element.value)):
            values = element.value if element.VM > 1 else [element.value]
            found += [(f"{path}/{element.keyword}", str(value)) for value in values]
    return found


@pytest.mark.parametrize("source", TAKEN, ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore")
def test_it_keeps_who_refers_to_whom(source: Path) -> None:
    dataset = pydicom.dcmread(source)
    before = {place: uid for place, uid in uids(dataset) if "Private" not in place}

    deidentify(dataset, MINIMAL, NAMES)

    new = dict(uids(dataset))
    pairs = {(before[place], uid) for place, uid in new.items()}
    assert len(pairs) == len({old for old, _ in pairs}) == len({uid for _, uid in pairs})
    assert not {uid for _, uid in pairs} & set(before.values())


@pytest.mark.filterwarnings("ignore")
def test_it_keeps_who_refers_to_whom_between_files() -> None:
    """One new UID for each old one, whichever file, series or patient it stands with."""
    pairs: set[tuple[str, str]] = set()
    for source in TAKEN:
        dataset = pydicom.dcmread(source)
        before = {place: uid for place, uid in uids(dataset) if "Private" not in place}
        deidentify(dataset, MINIMAL, Pseudonyms(KEY, str(dataset.get("PatientID"))))
        pairs |= {(before[place], uid) for place, uid in uids(dataset)}

    assert len(pairs) > 100
    assert len(pairs) == len({old for old, _ in pairs}) == len({new for _, new in pairs})


@pytest.mark.parametrize("source", IMAGES, ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore")
def test_it_keeps_the_pixels(source: Path, tmp_path: Path) -> None:
    clean(source, tmp_path / "out.dcm", task())
    before, cleaned = pydicom.dcmread(source), pydicom.dcmread(tmp_path / "out.dcm")

    n_bytes = len(cleaned.PixelData)
    assert cleaned.PixelData == before.PixelData[:n_bytes]
    # What is cut off is never a row, only what followed the last one.
    assert len(before.PixelData) - n_bytes < 512


def test_it_gives_the_same_file_for_the_same_key(tmp_path: Path) -> None:
    ways = [clean(FOLDER / "CT_small.dcm", tmp_path / name, task()) for name in "ab"]
    other = clean(FOLDER / "CT_small.dcm", tmp_path / "c", task(key=b"o" * 32))

    assert ways[0].sha256 == ways[1].sha256
    assert other.sha256 != ways[0].sha256
    assert other.pixels_sha256 == ways[0].pixels_sha256


def test_it_gives_a_patient_one_pseudonym() -> None:
    dataset = after(PatientID="4711", PatientName="Иванов^Пётр")

    assert dataset.PatientID == dataset.PatientName == NAMES.patient()


def test_it_says_what_was_done() -> None:
    dataset = after(KEEPING)

    assert dataset.PatientIdentityRemoved == "YES"
    assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"
    assert [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence] == [
        *("113100", "113107", "113108"),
    ]


@pytest.mark.parametrize(
    ("age", "kept"), [("045Y", "045Y"), ("090Y", "090Y"), ("103Y", "090Y"), ("Ivan", None)]
)
@pytest.mark.filterwarnings("ignore")
def test_it_caps_ages(age: str, kept: str | None) -> None:
    assert after(KEEPING, PatientAge=age).get("PatientAge") == kept


def test_it_keeps_what_the_purpose_keeps() -> None:
    values = {"PatientSex": "F", "PatientWeight": "61.5", "PatientAge": "045Y"}

    kept, minimal = after(KEEPING, **values), after(MINIMAL, **values)

    assert (kept.PatientSex, kept.PatientWeight, kept.PatientAge) == ("F", 61.5, "045Y")
    assert not minimal.PatientSex
    assert "PatientWeight" not in minimal


def test_it_names_a_device_alike_in_all_studies_of_a_patient() -> None:
    one, two = after(DEBUGGING, StationName="CT1"), after(DEBUGGING, StationName="CT1 ")

    assert one.StationName == two.StationName != "CT1"
    assert after(MINIMAL, StationName="CT1").StationName == "REMOVED"


@pytest.mark.parametrize(("purpose", "is_linked"), [(DEBUGGING, False), (KEEPING, True)])
def test_it_links_devices_between_patients_only_for_drift(
    purpose: Purpose, is_linked: bool
) -> None:
    one, other = person(StationName="CT1"), person(StationName="CT1")
    deidentify(one, purpose, NAMES)
    deidentify(other, purpose, Pseudonyms(KEY, "4712"))

    assert (one.StationName == other.StationName) is is_linked


def test_it_keeps_the_time_between_two_series() -> None:
    dataset = after(KEEPING, SeriesDate="20240301", SeriesTime="001500", AcquisitionDateTime="")
    dataset2 = after(KEEPING, SeriesDate="20240229", SeriesTime="234500")

    first = np.datetime64(_moment(dataset2))
    assert np.datetime64(_moment(dataset)) - first == np.timedelta64(30, "m")


def _moment(dataset: Dataset) -> str:
    day, clock = dataset.SeriesDate, dataset.SeriesTime
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}"


@pytest.mark.filterwarnings("ignore")
def test_it_drops_a_name_in_the_place_of_a_date() -> None:
    assert "Ivanov" not in str(after(KEEPING, SeriesDate="Ivanov", StudyDate="20240101-20250101"))


def test_it_removes_free_text_that_the_table_forgets() -> None:
    assert after(TextValue="Ivanov was here").TextValue == "REMOVED"


def test_it_stops_at_the_depth_limit() -> None:
    dataset = person(PatientID="1")
    for _ in range(70):
        dataset = person(ViewCodeSequence=Sequence([dataset]))

    with pytest.raises(Stopped, match="nested too deeply"):
        deidentify(dataset, MINIMAL, NAMES)


def test_it_zeroes_the_preamble(tmp_path: Path) -> None:
    dataset = pydicom.dcmread(FOLDER / "CT_small.dcm")
    dataset.preamble = b"MZ".ljust(128, b"x")
    dataset.save_as(tmp_path / "in.dcm")

    clean(tmp_path / "in.dcm", tmp_path / "out.dcm", task())

    assert (tmp_path / "out.dcm").read_bytes()[:132] == b"\0" * 128 + b"DICM"


def test_it_offers_named_purposes() -> None:
    assert list(PURPOSES) == list(WORDS) == ["model_debugging", "device_drift", "external_sharing"]
    assert DEFAULT in PURPOSES
    assert not any(purpose.admits for purpose in PURPOSES.values())


def test_it_reads_its_own_output_again(tmp_path: Path) -> None:
    clean(FOLDER / "MR_small.dcm", tmp_path / "once.dcm", task())

    again = clean(tmp_path / "once.dcm", tmp_path / "twice.dcm", task())

    assert again.end is End.CLEANED
    read: FileDataset = pydicom.dcmread(io.BytesIO((tmp_path / "twice.dcm").read_bytes()))
    assert read.PatientIdentityRemoved == "YES"
