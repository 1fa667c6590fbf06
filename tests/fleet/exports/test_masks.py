from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
import pytest

from fleet.exports.checks import check_masks
from fleet.exports.cleaning import configured_masks
from fleet.exports.ends import End, Stopped
from fleet.exports.masks import FIELDS, TABLE, Mask, MasksRefused, paint_over, read_masks
from tests.fleet.exports.samples import FOLDER

HEAD = ",".join(FIELDS)
ROW = "ACME Imaging,Mammo 3000,MG,4096,3328,0,0,3328,120"
MASK = Mask("ACME Imaging", "Mammo 3000", "MG", "4096", "3328", 0, 0, 3328, 120)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "masks.csv"


@pytest.mark.parametrize("start", ["", "\ufeff", "# ours\n\n"])
def test_it_reads_a_table(start: str, table: Path) -> None:
    table.write_text(f"{start}{HEAD}\r\n{ROW}\r\n\r\n", encoding="utf-8")

    assert read_masks(table) == (MASK,)


def test_it_ships_an_empty_table_with_a_row_to_copy(table: Path) -> None:
    assert read_masks() == ()

    table.write_text(TABLE.read_text().replace("# ACME", "ACME").replace(HEAD, ""))
    table.write_text(f"{HEAD}\n{table.read_text()}")
    assert read_masks(table) == (MASK,)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("ACME;Mammo;MG;;;0;0;10;10", "has 1 fields, not 9; separate them by commas"),
        (",,,,,0,0,10,10", "names no device"),
        ("ACME,,,big,,0,0,10,10", "rows and columns are empty or whole numbers"),
        ("ACME,,,,,-1,0,10,10", "left, top, width and height are whole numbers"),
        ("ACME,,,,,left,0,10,10", "left, top, width and height are whole numbers"),
        ("ACME,,,,,0,0,0,10", "width and height are above zero"),
        ("ACME,,,100,100,95,0,10,10", "reaches beyond its rows and columns"),
    ],
)
def test_it_names_the_wrong_line(row: str, said: str, table: Path) -> None:
    table.write_text(f"{HEAD}\n{ROW}\n{row}\n")

    with pytest.raises(MasksRefused, match=rf"masks\.csv, line 3: .*{said}"):
        read_masks(table)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (ROW.encode(), "line 1: must be the head"),
        (f"{HEAD}\nРентген,,,,,0,0,1,1".encode("cp1251"), "is not UTF-8"),
    ],
)
def test_it_says_what_kind_of_file_it_wants(raw: bytes, said: str, table: Path) -> None:
    table.write_bytes(raw)

    with pytest.raises(MasksRefused, match=said):
        read_masks(table)


def test_it_takes_the_administrators_table(table: Path, settings: Any) -> None:

    settings.FLEET_EXPORT_MASKS = str(table)
    (missing,) = check_masks()
    table.write_text(f"{HEAD}\n{ROW}\n")

    assert missing.id == "fleet.E012"
    assert "masks.csv cannot be read: No such file" in missing.msg
    assert check_masks() == []
    assert configured_masks() == (MASK,)


def test_it_paints_nothing_beside_the_image() -> None:
    dataset = pydicom.dcmread(FOLDER / "CT_small.dcm")
    beside = Mask("", "", "CT", "", "", left=int(dataset.Columns), top=0, width=10, height=10)

    with pytest.raises(Stopped) as stopped:
        paint_over(dataset, (beside,))

    assert stopped.value.end is End.MASK_IMPOSSIBLE
