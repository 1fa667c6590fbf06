"""Which objects may be de-identified at all, before anything in them is changed."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import UID

from fleet.exports.ends import End, Stopped

STORAGE = "1.2.840.10008.5.1.4.1.1."
# Images that a device makes of a body, without a person typing on them.
IMAGES = frozenset(
    f"{STORAGE}{suffix}"
    for suffix in (
        *("1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "1.3.1"),  # CR, DX, MG, intra-oral
        *("2", "2.1", "2.2", "4", "4.1", "4.3", "4.4"),  # CT, MR
        *("12.1", "12.1.1", "12.2", "12.2.1"),  # angiography, fluoroscopy
        *("13.1.1", "13.1.2", "13.1.3", "13.1.4", "13.1.5"),  # X-ray 3D and tomosynthesis
        *("20", "128", "128.1", "130"),  # nuclear medicine, PET
    )
)
# The longest prefix wins; what is in neither table is OTHER_OBJECT.
RISKS = {
    "7": End.SECONDARY_CAPTURE,
    "3": End.ULTRASOUND,
    "6": End.ULTRASOUND,
    "77": End.PHOTOGRAPH,
    "88": End.REPORT,
    "104": End.DOCUMENT,
    "11": End.PRESENTATION,
}
# Modalities and words of Image Type by which a screen hides behind an image class.
SCREEN_MODALITIES = frozenset({"OT", "SC", "US", "ES", "XC", "DOC"})
SCREEN_WORDS = ("SCREEN", "CAPTURE")

SYNTAXES = frozenset(
    f"1.2.840.10008.1.2{suffix}"
    for suffix in (
        *("", ".1", ".2", ".5", ".4.50", ".4.51", ".4.57", ".4.70"),
        *(".4.80", ".4.81", ".4.90", ".4.91", ".4.201", ".4.202", ".4.203"),
    )
)
DEFLATED = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.8.1"})


def check_syntax(transfer_syntax: str) -> None:
    """Raise Stopped for what may inflate without limit, and for what we cannot read."""
    if transfer_syntax in DEFLATED:
        raise Stopped(End.DEFLATED)
    if transfer_syntax not in SYNTAXES:
        raise Stopped(End.UNKNOWN_SYNTAX)


def check_object(dataset: Dataset, admits: frozenset[str], *, is_masked: bool) -> None:
    """Raise Stopped with the risk that keeps this object back, unless `admits` names it."""
    risk = _risk(dataset, is_masked=is_masked)
    if risk and risk.name not in admits:
        raise Stopped(risk)


def _risk(dataset: Dataset, *, is_masked: bool) -> End | None:
    kind = _risk_of_class(str(dataset.get("SOPClassUID") or ""))
    if kind:
        return kind
    if _looks_like_screen(dataset):
        return End.SECONDARY_CAPTURE
    # An absent value is no promise, but refusing it would refuse most of the world's images:
    # that is what the contact sheet and a person's eyes are for.
    says_burned_in = str(dataset.get("BurnedInAnnotation") or "").strip().upper() == "YES"
    return End.BURNED_IN if says_burned_in and not is_masked else None


def _risk_of_class(sop_class: str) -> End | None:
    if sop_class in IMAGES:
        return None
    if not UID(sop_class).startswith(STORAGE):
        return End.OTHER_OBJECT
    return RISKS.get(sop_class.removeprefix(STORAGE).split(".")[0], End.OTHER_OBJECT)


def _looks_like_screen(dataset: Dataset) -> bool:
    image_type = str(dataset.get("ImageType") or "").upper()
    modality = str(dataset.get("Modality") or "").strip().upper()
    return (
        modality in SCREEN_MODALITIES
        or bool(dataset.get("ConversionType"))
        or any(word in image_type for word in SCREEN_WORDS)
    )
