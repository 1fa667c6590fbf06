"""What the pixel data hide beside pixels, and whether they are whole."""

from __future__ import annotations

import hashlib

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels.utils import get_expected_length
from pydicom.tag import Tag

from fleet.exports.admission import IMAGES
from fleet.exports.ends import End, Stopped

PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
MAX_DECODED_BYTES = 4 * 1024**3


def check_pixels(dataset: Dataset) -> None:
    """Raise Stopped when pixels are missing, fewer than announced, or too many to decode."""
    if "Rows" not in dataset:
        return
    if not any(keyword in dataset for keyword in PIXEL_KEYWORDS):
        raise Stopped(End.TRUNCATED)
    if "PixelData" not in dataset:
        return
    try:
        expected = get_expected_length(dataset)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Stopped(End.MALFORMED) from error
    if expected > MAX_DECODED_BYTES:
        raise Stopped(End.TOO_BIG)
    is_compressed = dataset.file_meta.TransferSyntaxUID.is_compressed
    if not dataset.PixelData or (not is_compressed and len(dataset.PixelData) < expected):
        raise Stopped(End.TRUNCATED)


def check_is_image(dataset: Dataset) -> None:
    """Raise Stopped for an image that ends before it says how many rows it has."""
    if "Rows" not in dataset and dataset.SOPClassUID in IMAGES:
        raise Stopped(End.TRUNCATED)


def cut_tail(dataset: Dataset) -> None:
    """Drop bytes after the last pixel, which no viewer shows and anything may hide in."""
    if "PixelData" not in dataset or dataset.file_meta.TransferSyntaxUID.is_compressed:
        return
    # The byte that pads an odd length stays: with swapped bytes it is the last pixel.
    expected = get_expected_length(dataset)
    expected += expected % 2
    if len(dataset.PixelData) > expected:
        dataset.PixelData = dataset.PixelData[:expected]


def has_overlay_in_pixels(dataset: Dataset) -> bool:
    """Return whether an overlay lies in bits of the pixel data, as the standard once had it."""
    return any(
        Tag(group, 0x0102) in dataset
        and Tag(group, 0x3000) not in dataset
        and int(dataset[group, 0x0102].value or 0) > 0
        for group in range(0x6000, 0x6100, 2)
    )


def clear_overlay_bits(dataset: Dataset) -> None:
    """Set the bits beside the stored ones to zero. Raises Stopped for compressed pixels."""
    if dataset.file_meta.TransferSyntaxUID.is_compressed or dataset.BitsAllocated not in (
        8,
        16,
        32,
    ):
        raise Stopped(End.HIDDEN_OVERLAY)
    order = "<" if dataset.file_meta.TransferSyntaxUID.is_little_endian else ">"
    stored, high = int(dataset.BitsStored), int(dataset.HighBit)
    kind = f"{order}u{dataset.BitsAllocated // 8}"
    words = np.frombuffer(dataset.PixelData, kind)
    keep = ((1 << stored) - 1) << (high + 1 - stored)
    dataset.PixelData = (words & np.array(keep, kind)).astype(kind).tobytes()


def pixels_sha256(dataset: Dataset) -> str:
    """Return the hash of the pixel data as stored, empty when there are none."""
    for keyword in PIXEL_KEYWORDS:
        if keyword in dataset:
            return hashlib.sha256(dataset[keyword].value).hexdigest()
    return ""
