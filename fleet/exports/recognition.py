"""Text in images, found by Tesseract where it is installed: a warning, no proof of its absence."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

import pydicom
from PIL import Image

from fleet.exports.preview import grey, shown_frames

PROGRAM = "tesseract"
LANGUAGES = ("eng", "rus")
SECONDS = 30
# Tesseract reads letters of twenty to forty pixels best, and takes its time over big pictures.
SMALLEST, BIGGEST = 1000, 2500
# What it takes a rib for is short, or it says that it is not sure.
SHORTEST, SUREST = 3, 70.0


@dataclass(frozen=True)
class Recogniser:
    """The program as it is installed here."""

    version: str
    languages: str  # "eng+rus"


def recogniser() -> Recogniser | None:
    """Return what is installed, None where nothing is that could read."""
    if shutil.which(PROGRAM) is None:
        return None
    try:
        version, listed = (_said("--version"), _said("--list-langs"))
    except (OSError, subprocess.SubprocessError):
        return None
    languages = [one for one in LANGUAGES if one in listed.splitlines()]
    if not languages:
        return None
    return Recogniser(version.split("\n")[0].strip(), "+".join(languages))


def _said(option: str) -> str:
    done = subprocess.run(
        [PROGRAM, option], capture_output=True, check=True, text=True, timeout=SECONDS
    )
    return done.stdout


def n_words(path: Path, languages: str) -> int:
    """Return how many words stand in an image's first, middle and last frame.

    The words themselves go nowhere. Raises OSError, SubprocessError, and what pydicom raises for
    pixels that cannot be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
        return sum(
            _n_words(Image.fromarray(grey(dataset, index)), languages)
            for index in shown_frames(dataset)
        )


def _n_words(picture: Image.Image, languages: str) -> int:
    factor = max(1.0, SMALLEST / min(picture.size))
    factor = min(factor, BIGGEST / max(picture.size))
    width, height = (max(1, round(side * factor)) for side in picture.size)
    file = io.BytesIO()
    picture.resize((width, height)).save(file, format="PNG", compress_level=1)
    # Sparse text, in no order: names stand in corners.
    done = subprocess.run(
        [PROGRAM, "stdin", "stdout", "-l", languages, "--psm", "11", "tsv"],
        input=file.getvalue(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=SECONDS,
        env={"PATH": os.defpath, "OMP_THREAD_LIMIT": "1"},
    )
    return sum(map(_is_word, done.stdout.decode("utf-8", "replace").splitlines()[1:]))


def _is_word(line: str) -> bool:
    """Return whether a line of the answer, a table, is a word that Tesseract is sure of."""
    cells = line.split("\t")
    try:
        is_sure = float(cells[10]) >= SUREST
    except (IndexError, ValueError):
        return False
    return is_sure and sum(letter.isalnum() for letter in cells[-1]) >= SHORTEST
