"""What a de-identified study is wanted for decides what may stay in it."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.exports.profile import EDITION


@dataclass(frozen=True)
class Purpose:
    """A named choice among the options of the Basic Application Level Confidentiality Profile."""

    code: str
    keeps_intervals: bool = False  # dates stay, moved by one amount for each patient
    keeps_characteristics: bool = False  # age up to 90, sex, size, weight
    keeps_devices: bool = False  # each device gets a pseudonym, the same in every study
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
        Purpose("minimal"),
        Purpose("model_debugging", keeps_intervals=True, keeps_characteristics=True),
        Purpose(
            "device_drift",
            keeps_intervals=True,
            keeps_characteristics=True,
            keeps_devices=True,
        ),
    )
}
