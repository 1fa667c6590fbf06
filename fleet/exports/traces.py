"""The last look: does what identified the patient still stand anywhere in the cleaned file?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from fleet.exports.deidentify import is_well_known
from fleet.exports.searching import places
from fleet.exports.spelling import spellings

# All that Russian archives write, and what a careless program leaves. By Latin-1 a name is found
# again whose bytes nobody could read, since the file names a wrong alphabet or none.
ENCODINGS = (
    *("utf-8", "cp1251", "iso8859-5", "koi8-r", "cp866", "utf-16-le", "utf-16-be", "latin-1"),
)
# Shorter words stand in bytes by chance; in texts they are looked for as whole words.
SHORTEST_NAME, SHORTEST_NUMBER = 4, 5
SHORTEST_IN_TEXTS = 3
# A number as long as this is found within another one too.
LONG_NUMBER = 6
TEXTS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
IDENTIFIERS = frozenset(
    {
        *("PatientID", "OtherPatientIDs", "AccessionNumber", "AdmissionID", "StudyID"),
        *("PatientBirthDate", "PatientTelephoneNumbers", "PatientAddress", "MedicalRecordLocator"),
        *("PatientInsurancePlanCodeSequence", "MilitaryRank", "IssuerOfPatientID"),
    }
)
LETTERS = frozenset(bytes([code]) for code in range(128) if chr(code).isalnum())
UID_LETTERS = LETTERS | {b"."}
# Names that stand for nobody.
NOBODY = frozenset(
    {
        *("anonymous", "anonymized", "removed", "unknown", "none", "test", "patient", "phantom"),
        *("admin", "doctor", "operator", "system", "tech", "user", "нет", "неизвестно"),
    }
)


def identity_of(dataset: Dataset) -> frozenset[str]:
    """Return the words that identify someone in a dataset: names, numbers, dates of birth, UIDs.

    Private attributes are read as well, where they say what they are.
    """
    return frozenset(word for word in _words(dataset) if word.casefold() not in NOBODY)


def found(raw: bytes, words: Iterable[str]) -> int:
    """Return how many of the words stand in the bytes, in any of the encodings."""
    whose: defaultdict[bytes, set[str]] = defaultdict(set)
    for word in words:
        if len(word) >= _shortest(word):
            for needle in _needles(word):
                whose[needle].add(word)
    standing: set[str] = set()
    for needle, at in places(raw, whose):
        if not _is_within_a_word(needle, at, raw):
            standing |= whose[needle]
    return len(standing)


def found_in_texts(dataset: Dataset, words: Iterable[str]) -> int:
    """Return how many of the words stand in the dataset's texts, in Cyrillic or Latin letters."""
    texts = [str(text).casefold() for element in _elements(dataset) for text in _texts(element)]
    spoken = {spelling for text in texts for one in _parts(text) for spelling in spellings(one)}
    return sum(
        not spoken.isdisjoint(spellings(word))
        or (_is_number(word) and any(word.casefold() in text for text in texts))
        for word in words
    )


def _elements(dataset: Dataset) -> Iterator[DataElement]:
    """Yield what can be decoded, sequences opened."""
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except (MemoryError, RecursionError):
            raise
        except Exception:  # noqa: S112 (what cannot be decoded is removed by the cleaning)
            continue
        if element.VR == "SQ":
            for item in element.value:
                yield from _elements(item)
        else:
            yield element


def _words(dataset: Dataset) -> Iterator[str]:
    for element in _elements(dataset):
        if element.VR == "PN":
            for part in _parts(str(element.value or "")):
                if len(part) >= SHORTEST_IN_TEXTS and not part.isdigit():
                    yield part
        elif element.VR == "UI":
            for uid in _several(element.value):
                if uid.count(".") > 2 and not is_well_known(uid):
                    yield uid
        elif element.keyword in IDENTIFIERS:
            for text in _several(element.value):
                if len(text) >= SHORTEST_NUMBER:
                    yield text
                    yield from _dates(text)


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[\^=\\,.;:()\[\]'\"\s_/-]+", text) if part]


def _dates(text: str) -> Iterator[str]:
    """Yield a date of DICOM in the ways that people write one."""
    if match := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        year, month, day = match.groups()
        for dash in "./-":
            yield dash.join((day, month, year))
            yield dash.join((year, month, day))


def _texts(element: DataElement) -> list[str]:
    return _several(element.value) if element.VR in TEXTS else []


def _several(value: object) -> list[str]:
    return [part.strip() for part in str(value or "").strip("[]").replace("'", "").split(", ")]


def _shortest(word: str) -> int:
    return SHORTEST_NUMBER if word.isdigit() else SHORTEST_NAME


def _is_number(word: str) -> bool:
    return len(word) >= LONG_NUMBER and any(letter.isdigit() for letter in word)


def _needles(word: str) -> set[bytes]:
    """Return the word as bytes in each encoding that can write it, in the usual cases."""
    needles = set()
    for encoding in ENCODINGS:
        with suppress(UnicodeEncodeError):
            needles |= {
                text.encode(encoding)
                for text in (word, word.upper(), word.lower(), word.capitalize())
            }
    return needles


def _is_within_a_word(needle: bytes, at: int, raw: bytes) -> bool:
    """Return whether a needle in ASCII is a part of something longer, which has another meaning."""
    if not needle.isascii() or b"\0" in needle:
        return False
    edge = UID_LETTERS if needle.count(b".") > 2 else LETTERS
    return raw[at - 1 : at] in edge or raw[at + len(needle) : at + len(needle) + 1] in edge
