"""Contact sheets: small pictures of every image, for a person to look for names in them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageOps
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array

TILE, LABEL, ACROSS = 480, 18, 3
PER_SHEET = 12
# Of images with frames: 3 each where 12 images share a sheet, 36 of one that has it for itself.
FEWEST_FRAMES, MOST_TILES = 3, 36

Grey = np.ndarray[Any, np.dtype[np.uint8]]


class PreviewError(Exception):
    """No image of the sheet could be drawn."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture with its label; None for what cannot be drawn."""

    picture: Image.Image | None
    label: str


def contact_sheet(images: list[Path], labels: list[str], sheet: Path) -> None:
    """Write a PNG with up to 12 de-identified images and their labels below.

    Of an image with frames as many are shown as there is room for, and how many are not. What
    cannot be decoded is shown as a tile that says so, since nobody can look through it. Raises
    PreviewError without images.
    """
    if not images:
        raise PreviewError("A contact sheet needs at least one image.")
    most = max(FEWEST_FRAMES, MOST_TILES // len(images))
    tiles = [
        tile
        for path, label in zip(images, labels, strict=True)
        for tile in _tiles(path, label, most)
    ]
    rows = -(-len(tiles) // ACROSS)
    paper = Image.new("L", (ACROSS * TILE, rows * (TILE + LABEL)), 40)
    pen = ImageDraw.Draw(paper)
    for n, tile in enumerate(tiles):
        left, top = n % ACROSS * TILE, n // ACROSS * (TILE + LABEL)
        if tile.picture is None:
            pen.text((left + 12, top + TILE // 2), "cannot be drawn here", 255, font_size=24)
        else:
            paper.paste(tile.picture, (left + (TILE - tile.picture.width) // 2, top))
        pen.text((left + 4, top + TILE + 1), tile.label, 255, font_size=14)
    paper.save(sheet, format="PNG")


def _tiles(path: Path, label: str, most: int) -> list[Tile]:
    """Return the image, or so many of its frames, contrast stretched so that faint letters show."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(path)
            shown, n = shown_frames(dataset, most), n_frames(dataset)
            pictures = [_fitted(grey(dataset, index)) for index in shown]
        except MemoryError:
            raise
        except Exception:
            return [Tile(None, label)]
    if n == 1:
        return [Tile(pictures[0], label)]
    said = f"of {n}" if len(shown) == n else f"of {n}, {len(shown)} shown"
    return [
        Tile(picture, f"{label}   frame {index + 1} {said}")
        for index, picture in zip(shown, pictures, strict=True)
    ]


def _fitted(image: Grey) -> Image.Image:
    """Return a picture of a tile's size: small ones grow, since nobody reads letters of a few
    pixels."""
    return ImageOps.contain(Image.fromarray(image), (TILE - 4, TILE - 4))


def n_frames(dataset: Dataset) -> int:
    return max(1, int(dataset.get("NumberOfFrames") or 1))


def shown_frames(dataset: Dataset, most: int = FEWEST_FRAMES) -> list[int]:
    """Return the indexes of so many frames, the first, the last, and between them evenly."""
    n = n_frames(dataset)
    if n <= most:
        return list(range(n))
    return [round(step * (n - 1) / (most - 1)) for step in range(most)]


def grey(dataset: Dataset, index: int) -> Grey:
    """Return one frame as grey values from 0 to 255."""
    values = pixel_array(dataset, index=index)
    if values.ndim == 3:
        values = values.mean(axis=2)
    else:
        values = apply_voi_lut(apply_modality_lut(values, dataset), dataset)
    low, high = np.percentile(values, (0.5, 99.5))
    if high <= low:
        low, high = float(values.min()), float(max(values.max(), values.min() + 1))
    shown: Grey = np.clip((values - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    return 255 - shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown
