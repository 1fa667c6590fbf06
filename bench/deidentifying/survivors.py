"""What is left in a de-identified file of what was planted in it."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from fleet.exports.profile import rules_by_tag
from tests.fleet.exports.samples import needles

KEPT_SEQUENCE = "ViewCodeSequence"
GRAPHICS = {0x5000, 0x6000}  # curves, overlays


@dataclass
class Survivors:
    """Places, over all files of one program, where a planted value still stands."""

    n_files: int = 0  # files that came out
    n_unreadable: int = 0  # of them, not DICOM any more
    n_with_words: int = 0  # of them, files in whose bytes a planted word stands
    places: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def n(self, place: str) -> int:
        return len(self.places[place])

    def look(self, planted: Path, cleaned: Path) -> None:
        """Add what is left in one file."""
        self.n_files += 1
        raw = cleaned.read_bytes()
        self.n_with_words += any(word in raw for word in needles())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                before, after = pydicom.dcmread(planted), pydicom.dcmread(cleaned)
            except InvalidDicomError:
                self.n_unreadable += 1
                return
            self._compare(before, after, "root")
            inner, left = _innermost(before), _innermost(after)
            if inner is not None and left is not None:
                self._compare(inner, left, "nested")

    def _compare(self, before: Dataset, after: Dataset, place: str) -> None:
        rules = rules_by_tag()
        for tag in after.keys():  # noqa: SIM118 (iterating a dataset would decode all of it)
            if tag in before and _is_left(before, after, tag):
                if tag.is_private:
                    self.places["private"].add(tag)
                elif tag.group & 0xFF00 in GRAPHICS:
                    self.places["graphics"].add(tag)
                elif int(tag) in rules:
                    self.places[place].add(tag)


def _innermost(dataset: Dataset) -> Dataset | None:
    """Return the dataset within a sequence within a sequence, neither of which the table names."""
    for _ in range(2):
        if not dataset.get(KEPT_SEQUENCE):
            return None
        dataset = dataset[KEPT_SEQUENCE].value[0]
    return dataset


def _is_left(before: Dataset, after: Dataset, tag: pydicom.tag.BaseTag) -> bool:
    try:
        old, new = before[tag].value, after[tag].value
    except Exception:
        return True
    if not old or not new:
        return False
    if before[tag].VR == "SQ":
        return any(
            one[inner].value == other[inner].value
            for one, other in zip(old, new, strict=False)
            for inner in other.keys()  # noqa: SIM118
            if inner in one
        )
    return bool(old == new)
