"""Rectangles over text that a device model burns into its images."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from fleet.exports.ends import End, Stopped

TABLE = Path(__file__).parent / "tables" / "masks.csv"


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


def read_masks(path: Path = TABLE) -> tuple[Mask, ...]:
    """Return the masks of a table file. Raises ValueError naming a row that is wrong."""
    masks = []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(line for line in file if not line.startswith("#"))
        next(rows, None)
        for row in rows:
            try:
                manufacturer, model, modality, n_rows, columns, *rectangle = row
                left, top, width, height = map(int, rectangle)
            except ValueError as error:
                raise ValueError(
                    f"{path}: row {row} needs nine fields, the last four whole numbers."
                ) from error
            masks.append(
                Mask(manufacturer, model, modality, n_rows, columns, left, top, width, height)
            )
    return tuple(masks)


def paint_over(dataset: Dataset, masks: tuple[Mask, ...]) -> None:
    """Blacken the rectangles in every frame; pixels that were compressed are stored plain after.

    Raises Stopped(MASK_IMPOSSIBLE) when the pixels cannot be decoded here.
    """
    try:
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
    except MemoryError:
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
