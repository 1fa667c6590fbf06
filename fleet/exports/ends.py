"""How the way of one file through de-identification ends."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext

# Marks text for the catalogue. Django's marker wants settings, which the child that reads files
# does not have.
_ = str


class End(StrEnum):
    """Every end has a name; only CLEANED leaves a file behind.

    The values are English, as packages are; pages show `label`.
    """

    CLEANED = _("cleaned")
    # What the file is.
    NOT_DICOM = _("not DICOM")
    TRUNCATED = _("truncated")
    MALFORMED = _("malformed")
    UNKNOWN_SYNTAX = _("transfer syntax not accepted")
    DEFLATED = _("deflated transfer syntax")
    TOO_DEEP = _("sequences nested too deeply")
    TOO_BIG = _("too big")
    WRONG_STUDY = _("another study than asked for")
    DUPLICATE = _("SOP instance UID seen before")
    # What the rules of release say.
    SECONDARY_CAPTURE = _("secondary capture or screen")
    ULTRASOUND = _("ultrasound")
    PHOTOGRAPH = _("visible light photograph")
    REPORT = _("structured report")
    DOCUMENT = _("encapsulated document")
    PRESENTATION = _("presentation state or annotation")
    OTHER_OBJECT = _("kind of object not on the list")
    BURNED_IN = _("text burned into the pixels")
    MASK_IMPOSSIBLE = _("pixels cannot be masked")
    HIDDEN_OVERLAY = _("overlay inside compressed pixels")
    IDENTITY_LEFT = _("identity found after cleaning")
    # What happened to the process that read it.
    OUT_OF_MEMORY = _("memory limit reached")
    TOO_SLOW = _("time limit reached")
    CRASHED = _("reader crashed")
    DISK_FULL = _("no space left")


def label(end: End) -> str:
    """Return the end in the language of whoever looks, to stand within a sentence or a list."""
    return gettext(end.value)


class Stopped(Exception):
    """The file cannot go on; `end` says why. Carries nothing that was read from the file."""

    def __init__(self, end: End) -> None:
        super().__init__(end.value)
        self.end = end
