"""What a de-identified study is wanted for decides what may stay in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from fleet.exports.profile import EDITION

# Marks text for the catalogue; see ends.py.
_ = str


@dataclass(frozen=True)
class Purpose:
    """A named choice among the options of the Basic Application Level Confidentiality Profile."""

    code: str
    keeps_intervals: bool = False  # dates stay, moved by one amount for each patient
    keeps_characteristics: bool = False  # age up to 90, sex, size, weight
    keeps_devices: bool = False  # each device gets a pseudonym, the same in a patient's studies
    links_devices: bool = False  # and the same for all patients, so that devices can be compared
    # Names of admission.Risk that this purpose lets in all the same.
    admits: frozenset[str] = frozenset()

    def method_codes(self) -> tuple[tuple[str, str], ...]:
        """Return (code, meaning) of DICOM's context group 7050 for what is applied.

        Pseudonyms of devices are less than option 113109 permits, so that one is not claimed.
        """
        codes = [("113100", "Basic Application Confidentiality Profile")]
        if self.keeps_intervals:
            codes.append(
                ("113107", "Retain Longitudinal Temporal Information Modified Dates Option")
            )
        if self.keeps_characteristics:
            codes.append(("113108", "Retain Patient Characteristics Option"))
        return tuple(codes)

    def method(self) -> str:
        """Return the text of De-identification Method, within the 64 characters of LO."""
        return f"Fleet, PS3.15 E.1-1 {EDITION}, {self.code}"[:64]


PURPOSES = {
    purpose.code: purpose
    for purpose in (
        Purpose(
            "model_debugging", keeps_intervals=True, keeps_characteristics=True, keeps_devices=True
        ),
        Purpose(
            "device_drift",
            keeps_intervals=True,
            keeps_characteristics=True,
            keeps_devices=True,
            links_devices=True,
        ),
        Purpose("external_sharing"),
    )
}
DEFAULT = "model_debugging"

# What each is called, and what stays in its packages.
WORDS = {
    "model_debugging": (
        _("Debugging a model"),
        _(
            "Keeps the time between studies, age up to 90, sex, size and weight. Devices have names"
            " of their own for each patient."
        ),
    ),
    "device_drift": (
        _("Drift of a vendor or a scanner"),
        _(
            "Keeps the same as debugging a model, and gives a device the same name in the studies"
            " of all patients."
        ),
    ),
    "external_sharing": (
        _("Sharing outside"),
        _("Keeps the image and how it was made: no dates, no age, no sex, no devices."),
    ),
}


def label(code: str) -> str:
    """Return what a purpose is called in the language of whoever looks."""
    return gettext(WORDS[code][0])


def explanation(code: str) -> str:
    """Return what a purpose leaves in the package, as one or two sentences."""
    return gettext(WORDS[code][1])
