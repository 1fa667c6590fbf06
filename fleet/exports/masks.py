"""Rectangles over text that a device model burns into its images."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from fleet.exports.ends import End, Stopped

# Empty; an administrator's own is FLEET_EXPORT_MASKS.
TABLE = Path(__file__).parent / "tables" / "masks.csv"
FIELDS = [
    *("manufacturer", "model", "modality", "rows", "columns"),
    *("left", "top", "width", "height"),
]


@dataclass(frozen=True)
class Mask:
    """One rectangle, and the device model and image size it holds for; empty holds for any."""

    manufacturer: str
    model: str
    modality: str
    rows: str
    columns: str
    left: int
    top: int
    width: int
    height: int

    def fits(self, dataset: Dataset) -> bool:
        """Return whether the dataset comes from this mask's device with its image size."""
        wanted = {
            "Manufacturer": self.manufacturer,
            "ManufacturerModelName": self.model,
            "Modality": self.modality,
            "Rows": self.rows,
            "Columns": self.columns,
        }
        return all(
            str(dataset.get(keyword, "")).strip() == value
            for keyword, value in wanted.items()
            if value
        )


class MasksRefused(Exception):
    """A table of masks cannot be used; the message names its file, the line and the remedy."""


def read_masks(path: Path = TABLE) -> tuple[Mask, ...]:
    """Return the masks of a table file. Raises MasksRefused."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MasksRefused(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise MasksRefused(f"{path} is not UTF-8: save it as UTF-8.") from error
    masks, has_head = [], False
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        try:
            if has_head:
                masks.append(_mask(cells))
            elif cells != FIELDS:
                raise ValueError(f"must be the head: {','.join(FIELDS)}")
            has_head = True
        except ValueError as error:
            raise MasksRefused(f"{path}, line {number}: {error}.") from error
    return tuple(masks)


def _mask(cells: list[str]) -> Mask:
    """Return the mask of one row. Raises ValueError with the second half of a sentence."""
    if len(cells) != len(FIELDS):
        raise ValueError(f"has {len(cells)} fields, not {len(FIELDS)}; separate them by commas")
    manufacturer, model, modality, rows, columns, *rectangle = cells
    if not (manufacturer or model or modality):
        raise ValueError("names no device: give a manufacturer, a model or a modality")
    if not all(size == "" or (size.isdecimal() and int(size)) for size in (rows, columns)):
        raise ValueError("rows and columns are empty or whole numbers above zero")
    if not all(edge.isdecimal() for edge in rectangle):
        raise ValueError("left, top, width and height are whole numbers, zero or above")
    left, top, width, height = map(int, rectangle)
    if not (width and height):
        raise ValueError("width and height are above zero")
    if (columns and left + width > int(columns)) or (rows and top + height > int(rows)):
        raise ValueError("the rectangle reaches beyond its rows and columns")
    return Mask(manufacturer, model, modality, rows, columns, left, top, width, height)


def paint_over(dataset: Dataset, masks: tuple[Mask, ...]) -> None:
    """Blacken the rectangles in every frame; pixels that were compressed are stored plain after.

    Raises Stopped(MASK_IMPOSSIBLE) when the pixels cannot be decoded here, or lie elsewhere: then
    the text that the mask is for stands somewhere else as well.
    """
    try:
        if any(mask.left >= dataset.Columns or mask.top >= dataset.Rows for mask in masks):
            raise Stopped(End.MASK_IMPOSSIBLE)
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress(generate_instance_uid=False)
        pixels = dataset.pixel_array.copy()
        frames = pixels if int(dataset.get("NumberOfFrames") or 1) > 1 else pixels[np.newaxis]
        black = _black(dataset)
        for mask in masks:
            frames[:, mask.top : mask.top + mask.height, mask.left : mask.left + mask.width] = black
        dataset.set_pixel_data(
            pixels,
            str(dataset.PhotometricInterpretation),
            int(dataset.BitsStored),
            generate_instance_uid=False,
        )
    except (MemoryError, Stopped):
        raise
    except Exception as error:
        raise Stopped(End.MASK_IMPOSSIBLE) from error
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian


def _black(dataset: Dataset) -> int:
    """Return the stored value that a viewer shows black."""
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        bits = int(dataset.BitsStored) - int(dataset.PixelRepresentation)
        return int((1 << bits) - 1)
    return 0
