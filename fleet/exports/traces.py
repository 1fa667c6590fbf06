"""The last look: does what identified the patient still stand anywhere in the cleaned bytes?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from pydicom.dataset import Dataset

from fleet.exports.deidentify import is_well_known

# All that Russian archives write, and what a careless program leaves.
ENCODINGS = ("utf-8", "cp1251", "iso8859-5", "koi8-r", "cp866", "utf-16-le", "utf-16-be")
# Shorter words stand in files by chance; a name part of three letters is not searched for.
SHORTEST_NAME, SHORTEST_NUMBER = 4, 5
IDENTIFIERS = frozenset(
    {
        *("PatientID", "OtherPatientIDs", "AccessionNumber", "AdmissionID", "StudyID"),
        *("PatientBirthDate", "PatientTelephoneNumbers", "PatientAddress", "MedicalRecordLocator"),
        *("PatientInsurancePlanCodeSequence", "MilitaryRank", "IssuerOfPatientID"),
    }
)
# Names that stand for nobody.
NOBODY = frozenset({"anonymous", "anonymized", "removed", "unknown", "none", "test", "patient"})


def identity_of(dataset: Dataset) -> frozenset[str]:
    """Return the words that identify someone in a dataset: names, numbers, dates of birth, UIDs.

    Private attributes are read as well, where they say what they are.
    """
    return frozenset(word for word in _words(dataset) if word.casefold() not in NOBODY)


def found(raw: bytes, words: Iterable[str]) -> int:
    """Return how many of the words stand in the bytes, in any of the encodings."""
    return sum(any(_stands(needle, raw) for needle in _needles(word)) for word in words)


def _words(dataset: Dataset) -> Iterator[str]:
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except (MemoryError, RecursionError):
            raise
        except Exception:  # noqa: S112 (what cannot be decoded is removed by the cleaning)
            continue
        if element.VR == "SQ":
            for item in element.value:
                yield from _words(item)
        elif element.VR == "PN":
            for part in re.split(r"[\^=\\,.\s]+", str(element.value or "")):
                if len(part) >= SHORTEST_NAME and not part.isdigit():
                    yield part
        elif element.VR == "UI":
            for uid in _several(element.value):
                if uid.count(".") > 2 and not is_well_known(uid):
                    yield uid
        elif element.keyword in IDENTIFIERS:
            for text in _several(element.value):
                if len(text) >= SHORTEST_NUMBER:
                    yield text


def _several(value: object) -> list[str]:
    return [part.strip() for part in str(value or "").strip("[]").replace("'", "").split(", ")]


def _needles(word: str) -> set[bytes]:
    """Return the word as bytes in each encoding that can write it, in the usual cases."""
    needles = set()
    for encoding in ENCODINGS:
        with suppress(UnicodeEncodeError):
            needles |= {text.encode(encoding) for text in (word, word.upper(), word.lower())}
    return needles


def _stands(needle: bytes, raw: bytes) -> bool:
    """Return whether the needle stands in the bytes, one in ASCII not inside a longer word."""
    if needle not in raw:
        return False
    if not needle.isascii() or b"\0" in needle:
        return True
    edge = rb"[0-9A-Za-z.]"
    return bool(
        re.search(rb"(?<!" + edge + rb")" + re.escape(needle) + rb"(?!" + edge + rb")", raw)
    )
