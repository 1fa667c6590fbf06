"""Contact sheets: small pictures of every image, for a person to look for names in them."""

from __future__ import annotations

import warnings
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

Grey = np.ndarray[Any, np.dtype[np.uint8]]


class PreviewError(Exception):
    """No image of the sheet could be drawn."""


def contact_sheet(images: list[Path], labels: list[str], sheet: Path) -> None:
    """Write a PNG with up to 12 de-identified images and their labels below.

    Of an image with frames the first, middle and last are laid side by side. What cannot be decoded
    is shown as a tile that says so, since nobody can look through it. Raises PreviewError without
    images.
    """
    if not images:
        raise PreviewError("A contact sheet needs at least one image.")
    rows = -(-len(images) // ACROSS)
    paper = Image.new("L", (ACROSS * TILE, rows * (TILE + LABEL)), 40)
    pen = ImageDraw.Draw(paper)
    for n, (path, label) in enumerate(zip(images, labels, strict=True)):
        left, top = n % ACROSS * TILE, n // ACROSS * (TILE + LABEL)
        picture = _picture(path)
        if picture is None:
            pen.text((left + 12, top + TILE // 2), "cannot be drawn here", fill=255)
        else:
            # Small images grow as well: letters of a few pixels are read by nobody.
            fitted = ImageOps.contain(picture, (TILE - 4, TILE - 4))
            paper.paste(fitted, (left + (TILE - fitted.width) // 2, top))
        pen.text((left + 4, top + TILE + 2), label, fill=255)
    paper.save(sheet, format="PNG")


def _picture(path: Path) -> Image.Image | None:
    """Return the picture with its contrast stretched, so that faint letters show too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(path)
            frames = [grey(dataset, index) for index in shown_frames(dataset)]
        except MemoryError:
            raise
        except Exception:
            return None
    return Image.fromarray(np.hstack(frames))


def shown_frames(dataset: Dataset) -> list[int]:
    """Return the indexes of the first, middle and last frame."""
    last = int(dataset.get("NumberOfFrames") or 1) - 1
    return sorted({0, last // 2, last})


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
