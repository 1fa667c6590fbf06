"""The text that a person reads first when a package is opened years later."""

from __future__ import annotations

from fleet.exports.facts import Request
from fleet.exports.profile import EDITION
from fleet.exports.purposes import Purpose
from fleet.exports.study import CleanStudy

TEXT = """\
De-identified study, export {export_id}

Region:     {region_code}
Asked by:   {requester}
Agreed by:  {approver}
Reason:     {reason}
Made:       {created}
Use until:  {expires}

What is here
  dicom/             {n_files} of {n_sources} files; validation.json says why others are missing
  predictions.jsonl  what the models answered, a line for each class
  processing.json    how the region processed the study
  validation.json    what was checked, and what was left out
  manifest.json      every file with its size and SHA-256; manifest.sig is its Ed25519 signature

Check it without a network:  manage.py verify_export FILE --key PUBLIC_KEY.pem

How it was de-identified
  Table E.1-1 of DICOM PS3.15, edition {edition}, purpose “{purpose}”: {options}.
  All private attributes, curves, overlays and free texts are gone. UIDs, and where they are kept
  dates, times and names of devices, are replaced with the help of a key that is not in here.
  {dates}

What it does not promise
  Nobody reaches every letter: text in the pixels is found by people who look, and a face can be
  built from a head scan. A rare finding in a small region can tell who it is. Do not try to find
  out, do not join this with other data for that, do not pass it on, and delete it in time.
"""


def readme(request: Request, purpose: Purpose, study: CleanStudy) -> str:
    """Return README.txt, with moments in the zone that the request carries."""
    return TEXT.format(
        export_id=request.export_id,
        region_code=request.region_code,
        requester=request.requester,
        approver=request.approver or "nobody, the region asks for no second person",
        reason=request.reason,
        created=request.created.isoformat(timespec="minutes"),
        expires=request.expires.isoformat(timespec="minutes") if request.expires else "no limit",
        n_files=len(study.taken),
        n_sources=study.n_sources,
        edition=EDITION,
        purpose=purpose.code,
        options="; ".join(meaning for _code, meaning in purpose.method_codes()),
        dates=(
            "Dates and times of a patient are moved together, so that what lies between them holds."
            if purpose.keeps_intervals
            else "Dates and times are removed."
        ),
    )
