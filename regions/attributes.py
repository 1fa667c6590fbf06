"""What is measured of the studies that come in, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

DEVICE_MODEL = "device_model"


def input_names() -> dict[str, tuple[str, str]]:
    """Return the numeric attributes' names and units, in the order in which they are shown."""
    return {
        "n_images": (_("Images in a study"), ""),
        "image_rows": (_("Rows of an image"), _("px")),
        "image_cols": (_("Columns of an image"), _("px")),
        "pixel_spacing_mm": (_("Pixel spacing"), _("mm")),
        "bits_stored": (_("Bits stored"), ""),
        "kvp": (_("Tube voltage"), _("kV")),
        "exposure_uas": (_("Exposure"), _("µAs")),
        "exposure_index": (_("Exposure index"), ""),
        "deviation_index": (_("Deviation index"), ""),
        "body_part_thickness_mm": (_("Thickness of the body part"), _("mm")),
        "compression_force_n": (_("Compression force"), _("N")),
        "patient_age_years": (_("Age of the patient"), _("years")),
    }


def category_names() -> dict[str, str]:
    """Return the categorical attributes' names, in the order in which they are shown."""
    return {
        "modality": _("Modality"),
        "body_part": _("Body part"),
        "view_positions": _("View positions"),
        "lateralities": _("Lateralities"),
        "org_code": _("Sending organisation"),
        "device_software": _("Device software"),
        "detector_type": _("Detector type"),
        "photometric": _("Photometric interpretation"),
        "presentation_intent": _("Presentation intent"),
        "patient_sex": _("Sex of the patient"),
    }


def attribute_name(code: str) -> str:
    """Return the name of an attribute; its code where the contract has none of that name."""
    if code == DEVICE_MODEL:
        return _("Device model")
    name, _unit = input_names().get(code, ("", ""))
    return name or category_names().get(code, code)
