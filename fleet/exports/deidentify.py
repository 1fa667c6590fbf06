"""De-identification of one dataset by DICOM's table, stricter where the table says nothing.

The table lists what is known to identify. What it does not list stays, except: attributes that the
dictionary does not know, texts and bytes that unlisted.py does not name, names of people and of
applications, dates, and every UID that DICOM itself did not define.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydicom._uid_dict import UID_dictionary
from pydicom.datadict import dictionary_has_tag, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from fleet.exports import unlisted
from fleet.exports.ends import End, Stopped
from fleet.exports.profile import Rule, rules_by_tag
from fleet.exports.pseudonyms import Pseudonyms
from fleet.exports.purposes import Purpose

MAX_DEPTH = 64
ITEM_GROUP = 0xFFFE
# Patient and visit: nothing there describes the image, whatever a new edition adds.
PERSONAL_GROUPS = frozenset({0x0010, 0x0038})
OLDEST_AGE = 89
FREE_TEXT = frozenset({"LT", "ST", "UT", "UC", "UR", "PN", "AE", "LO", "SH"})
UNLISTED_TEXT = frozenset({"LT", "ST", "UT", "UC", "UR", "AE", "PN"})
NAMED_TEXT = frozenset({"LO", "SH"})
DATES = frozenset({"DA", "TM", "DT"})
BINARY = frozenset({"OB", "OW", "OD", "OF", "OL", "OV", "UN"})
NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD"})
DUMMIES: dict[str, Any] = {
    "AS": "000Y",
    "DA": "19000101",
    "TM": "000000",
    "DT": "19000101000000",
    "DS": "0",
    "IS": "0",
    "UR": "urn:removed",
    **dict.fromkeys(BINARY, b"\0\0"),
    **dict.fromkeys(NUMBERS, 0),
}
PATIENT = frozenset({0x00100010, 0x00100020})
# Which of the actions that the table leaves to choose: the one that keeps the object valid
# whatever type the attribute has in it. Sequences are emptied or removed rather than invented.
CHOICES = {"X/Z": "Z", "X/D": "D", "Z/D": "D", "X/Z/D": "D", "X/Z/U*": "keep"}
SEQUENCE_CHOICES = {"X/D": "X", "X/Z/D": "X", "Z/D": "Z"}


def deidentify(dataset: Dataset, purpose: Purpose, pseudonyms: Pseudonyms) -> None:
    """Change the dataset, its root without file meta, into what `purpose` may see.

    Raises Stopped(TOO_DEEP or MALFORMED). What cannot be decoded is removed.
    """
    _Cleaning(purpose, pseudonyms).clean(dataset, depth=0, in_dummy=False)
    _state_what_was_done(dataset, purpose)


def is_well_known(uid: str) -> bool:
    """Return whether DICOM itself defined the UID, so that it says nothing of anyone."""
    return uid in UID_dictionary


class _Cleaning:
    def __init__(self, purpose: Purpose, pseudonyms: Pseudonyms) -> None:
        self.purpose = purpose
        self.pseudonyms = pseudonyms
        self.rules = rules_by_tag()

    def clean(self, dataset: Dataset, *, depth: int, in_dummy: bool) -> None:
        if depth > MAX_DEPTH:
            raise Stopped(End.TOO_DEEP)
        clocks = _clocks(dataset)
        for tag in list(dataset.keys()):
            if tag.group == ITEM_GROUP:
                # The reader lost its way: from here on nothing is what its tag says.
                raise Stopped(End.MALFORMED)
            if _is_foreign(tag):
                del dataset[tag]
                continue
            rule = self.rules.get(int(tag))
            # Not even decoded: what goes in any case cannot do harm by its form.
            if rule and rule.basic == "X" and not self._option(rule):
                del dataset[tag]
                continue
            try:
                element = dataset[tag]
            except RecursionError:
                raise Stopped(End.TOO_DEEP) from None
            except MemoryError:
                raise
            except Exception:
                del dataset[tag]
                continue
            self._apply(dataset, element, rule, clocks, depth=depth, in_dummy=in_dummy)

    def _apply(
        self,
        dataset: Dataset,
        element: DataElement,
        rule: Rule | None,
        clocks: dict[str, str],
        *,
        depth: int,
        in_dummy: bool,
    ) -> None:
        action = self._action(element, rule)
        if in_dummy and action == "keep" and element.VR in FREE_TEXT:
            action = "D"
        if element.VR == "SQ" and action in {"keep", "D"}:
            for item in element.value:
                self.clean(item, depth=depth + 1, in_dummy=in_dummy or action == "D")
        elif action == "X":
            del dataset[element.tag]
        elif action == "Z":
            element.value = Sequence() if element.VR == "SQ" else None
        elif element.is_empty:
            pass
        elif action == "D":
            element.value = DUMMIES.get(element.VR, "REMOVED")
        elif action == "U":
            element.value = _each(element.value, self._new_uid)
        elif action != "keep":
            self._keep_in_part(dataset, element, rule, action, clocks)

    def _option(self, rule: Rule) -> str:
        """Return which option speaks of this attribute: dates, age, device or none."""
        if rule.modified_dates and self.purpose.keeps_intervals:
            return "dates"
        if rule.characteristics and self.purpose.keeps_characteristics:
            return "characteristic"
        if rule.device and self.purpose.keeps_devices and rule.vr != "UI":
            return "device"
        return ""

    def _action(self, element: DataElement, rule: Rule | None) -> str:
        if int(element.tag) in PATIENT:
            return "patient"
        if element.VR == "UI":
            return "X" if rule and rule.basic == "X" else "U"
        if rule is None:
            return self._unlisted(element)
        option = self._option(rule)
        if option:
            return option
        if rule.graphics:
            # A dummy would still be a drawing, and what a pen drew may be a name.
            return "X"
        if element.VR == "SQ":
            return SEQUENCE_CHOICES.get(rule.basic, CHOICES.get(rule.basic, rule.basic))
        return CHOICES.get(rule.basic, rule.basic)

    def _unlisted(self, element: DataElement) -> str:
        if not dictionary_has_tag(element.tag) or element.VR == "UN":
            # Repeating groups aside, which are foreign already, nobody knows what this is.
            return "X"
        if element.tag.group in PERSONAL_GROUPS:
            return "X"
        if element.VR in DATES:
            return "dates" if self.purpose.keeps_intervals else "D"
        if element.VR in NAMED_TEXT:
            return "keep" if element.keyword in unlisted.TEXTS else "D"
        if element.VR in BINARY:
            return "keep" if element.keyword in unlisted.BYTES else "D"
        if element.VR == "CS":
            return "keep" if unlisted.is_code(element.value) else "D"
        return "D" if element.VR in UNLISTED_TEXT else "keep"

    def _keep_in_part(
        self,
        dataset: Dataset,
        element: DataElement,
        rule: Rule | None,
        action: str,
        clocks: dict[str, str],
    ) -> None:
        """Replace the value by what an option leaves of it, else act as if there were none."""
        new: dict[str, Callable[[str], str | None]] = {
            "patient": lambda _value: self.pseudonyms.patient(),
            "characteristic": lambda value: _characteristic(element.VR, value),
            "device": lambda value: self.pseudonyms.device(
                element.keyword, value, is_linked=self.purpose.links_devices
            ),
            "dates": lambda value: self._moved(element, value, clocks),
        }
        value = _each(element.value, new[action])
        if value is not None:
            element.value = value
        elif rule and "D" not in rule.basic and "Z" not in rule.basic:
            del dataset[element.tag]
        else:
            element.value = None if rule and "D" not in rule.basic else DUMMIES.get(element.VR)

    def _moved(self, element: DataElement, value: str, clocks: dict[str, str]) -> str | None:
        if element.VR == "DA":
            return self.pseudonyms.moved_date(value, clocks.get(_partner(element.keyword), ""))
        if element.VR == "TM":
            return self.pseudonyms.moved_time(value, clocks.get(_partner(element.keyword), ""))
        return self.pseudonyms.moved_datetime(value)

    def _new_uid(self, uid: str) -> str:
        return uid if is_well_known(uid) else self.pseudonyms.uid(uid)


def _is_foreign(tag: BaseTag) -> bool:
    """Return whether nothing of this group is let through: private, command, curve, overlay."""
    group = tag.group
    return (
        tag.is_private
        or group < 0x0004
        or tag.element == 0
        or 0x5000 <= group <= 0x50FF
        or 0x6000 <= group <= 0x60FF
    )


def _partner(keyword: str) -> str:
    """Return the keyword of the time that belongs to a date, and the other way round."""
    if "Date" in keyword:
        return keyword.replace("Date", "Time")
    return keyword.replace("Time", "Date")


def _clocks(dataset: Dataset) -> dict[str, str]:
    """Return the single dates and times of a dataset as they are before any is moved."""
    found = {}
    for tag in dataset.keys():  # noqa: SIM118 (iterating a dataset would decode all of it)
        keyword = keyword_for_tag(tag)
        if not keyword.endswith(("Date", "Time")) or keyword.endswith("DateTime"):
            continue
        try:
            value = dataset[tag].value
        except (MemoryError, RecursionError):
            raise
        except Exception:  # noqa: S112 (the cleaning that follows removes it)
            continue
        if isinstance(value, str):
            found[keyword] = value
    return found


def _each(value: Any, new: Callable[[str], str | None]) -> Any:
    """Return `new` of a value or of each of several; None when one of them fails."""
    if not isinstance(value, MultiValue):
        return new(str(value))
    several = [new(str(one)) for one in value]
    return None if None in several else several


def _characteristic(vr: str, value: str) -> str | None:
    """Return an age of at most 90 years, a sex, or a number; None for anything else."""
    value = value.strip()
    if vr == "AS" and re.fullmatch(r"\d{3}[DWMY]", value):
        return "090Y" if value[3] == "Y" and int(value[:3]) > OLDEST_AGE else value
    if vr == "CS" and value in {"M", "F", "O"}:
        return value
    if vr == "DS" and re.fullmatch(r"\d{1,3}(\.\d{1,4})?", value):
        return value
    return None


def _state_what_was_done(dataset: Dataset, purpose: Purpose) -> None:
    codes = []
    for code, meaning in purpose.method_codes():
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
        codes.append(item)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = purpose.method()
    dataset.DeidentificationMethodCodeSequence = Sequence(codes)
    dataset.LongitudinalTemporalInformationModified = (
        "MODIFIED" if purpose.keeps_intervals else "REMOVED"
    )
