"""By which value a source is asked for a study, which must mean that study and no other."""

from __future__ import annotations

import re

from fleet.exports.ways.way import StudyKey, Trouble, WayFailed

# It becomes part of paths, where two points would mean the folder above.
UID = re.compile(r"(?=.{1,64}\Z)[0-9]+(\.[0-9]+)*")


def wanted(source: str, lookup_tag: str, key: StudyKey) -> str:
    """Return the value to look the study up by: its UID where `lookup_tag` is empty.

    `source` names the source in what is raised: WayFailed(CONFIGURATION).
    """
    if not lookup_tag:
        if not UID.fullmatch(key.study_uid):
            raise WayFailed(
                Trouble.CONFIGURATION,
                f"{source} is asked by UID, but the region's contract gives none of this study."
                " Give study_uid in its view study, or look studies up by an attribute.",
            )
        return key.study_uid
    # What DICOM reads as a pattern, a list or a range would find other studies.
    if not key.study_ref or re.search(r"[*?\\\x00-\x1f]", key.study_ref):
        raise WayFailed(
            Trouble.CONFIGURATION,
            f"{source} cannot be asked for a study whose reference holds *, ? or \\."
            " Look studies up by UID.",
        )
    return key.study_ref
