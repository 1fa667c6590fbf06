"""What is planted everywhere that the table names survives nowhere."""

from __future__ import annotations

import warnings
from pathlib import Path

import pydicom
import pytest

from fleet.exports import traces
from fleet.exports.ends import End
from fleet.exports.instance import clean
from fleet.exports.purposes import Purpose
from tests.fleet.exports.samples import FOLDER, KEEPING, MINIMAL, SAMPLES, needles, planted, task

# Not Part 10 files, or without a class or an instance UID: they end by name, see test_child.py.
NOT_TAKEN = {
    *("ExplVR_BigEndNoMeta.dcm", "ExplVR_LitEndNoMeta.dcm", "no_meta.dcm", "rtstruct.dcm"),
    *("UN_sequence.dcm", "badVR.dcm", "DICOMDIR-empty.dcm", "empty_charset_LEI.dcm"),
    *("nested_priv_SQ.dcm", "no_meta_group_length.dcm", "priv_SQ.dcm", "MR_truncated.dcm"),
    *("image_dfl.dcm", "meta_missing_tsyntax.dcm", "DICOMDIR", "rtplan_truncated.dcm"),
}
TAKEN = [path for path in SAMPLES if path.name not in NOT_TAKEN]
WAYS = ((False, MINIMAL), (True, KEEPING), (False, KEEPING), (True, MINIMAL))
ONE_WAY = [(path, *WAYS[n % 4]) for n, path in enumerate(TAKEN)]
# Each file in the other alphabet, for the other purpose.
OTHER_WAY = [(path, *WAYS[(n + 1) % 4]) for n, path in enumerate(TAKEN)]


def left_of_planting(source: Path, is_cyrillic: bool, purpose: Purpose, folder: Path) -> object:
    """Return what is left of the planted words, or the end when the file was not cleaned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        planted(source, is_cyrillic=is_cyrillic).save_as(folder / "in.dcm")
    outcome = clean(folder / "in.dcm", folder / "out.dcm", task(purpose))
    if outcome.end is not End.CLEANED:
        return outcome.end
    raw = (folder / "out.dcm").read_bytes()
    return [needle for needle in needles() if needle in raw]


def test_it_tries_sixty_files_and_more() -> None:
    assert len(TAKEN) >= 60


@pytest.mark.parametrize(
    ("source", "is_cyrillic", "purpose"), ONE_WAY, ids=[path.name for path in TAKEN]
)
def test_it_leaves_nothing_of_what_was_planted(
    source: Path, is_cyrillic: bool, purpose: Purpose, tmp_path: Path
) -> None:
    assert left_of_planting(source, is_cyrillic, purpose, tmp_path) == []


@pytest.mark.parametrize(
    ("source", "is_cyrillic", "purpose"), OTHER_WAY, ids=[path.name for path in TAKEN]
)
def test_it_leaves_nothing_in_the_other_alphabet(
    source: Path, is_cyrillic: bool, purpose: Purpose, tmp_path: Path
) -> None:
    assert left_of_planting(source, is_cyrillic, purpose, tmp_path) == []


@pytest.mark.parametrize("source", TAKEN, ids=lambda path: path.name)
def test_it_leaves_nothing_of_the_sample_itself(source: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        words = traces.identity_of(pydicom.dcmread(source))

    outcome = clean(source, tmp_path / "out.dcm", task())

    if outcome.end is End.IDENTITY_LEFT:
        # The “name” of its patient is the word “text”, which reports are full of.
        assert source.name.startswith("reportsi")
    else:
        assert traces.found((tmp_path / "out.dcm").read_bytes(), words) == 0


@pytest.mark.parametrize("keyword", ["Manufacturer", "BodyPartExamined", "ScanOptions"])
def test_it_notices_a_name_where_no_table_looks(keyword: str, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(FOLDER / "CT_small.dcm")
    dataset.PatientName = "IVANOVSKY^PETR"
    setattr(dataset, keyword, "IVANOVSKY")
    dataset.save_as(tmp_path / "in.dcm")

    assert clean(tmp_path / "in.dcm", tmp_path / "out.dcm", task()).end is End.IDENTITY_LEFT
    assert not (tmp_path / "out.dcm").exists()
