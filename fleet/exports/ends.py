"""How the way of one file through de-identification ends."""

from __future__ import annotations

from enum import StrEnum


class End(StrEnum):
    """Every end has a name; only CLEANED leaves a file behind."""

    CLEANED = "cleaned"
    # What the file is.
    NOT_DICOM = "not DICOM"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    UNKNOWN_SYNTAX = "transfer syntax not accepted"
    DEFLATED = "deflated transfer syntax"
    TOO_DEEP = "sequences nested too deeply"
    TOO_BIG = "too big"
    WRONG_STUDY = "another study than asked for"
    DUPLICATE = "SOP instance UID seen before"
    # What the rules of release say.
    SECONDARY_CAPTURE = "secondary capture or screen"
    ULTRASOUND = "ultrasound"
    PHOTOGRAPH = "visible light photograph"
    REPORT = "structured report"
    DOCUMENT = "encapsulated document"
    PRESENTATION = "presentation state or annotation"
    OTHER_OBJECT = "kind of object not on the list"
    BURNED_IN = "text burned into the pixels"
    MASK_IMPOSSIBLE = "pixels cannot be masked"
    HIDDEN_OVERLAY = "overlay inside compressed pixels"
    IDENTITY_LEFT = "identity found after cleaning"
    # What happened to the process that read it.
    OUT_OF_MEMORY = "memory limit reached"
    TOO_SLOW = "time limit reached"
    CRASHED = "reader crashed"
    DISK_FULL = "no space left"


class Stopped(Exception):
    """The file cannot go on; `end` says why. Carries nothing that was read from the file."""

    def __init__(self, end: End) -> None:
        super().__init__(end.value)
        self.end = end
