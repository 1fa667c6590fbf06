"""The package: one zip of plain entries, the same bytes for the same contents."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pydicom
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.exports.facts import Attempt, Prediction, Request
from fleet.exports.profile import EDITION
from fleet.exports.pseudonyms import key_id
from fleet.exports.purposes import Purpose
from fleet.exports.readme import readme
from fleet.exports.signature import canonical, public_text, sign
from fleet.exports.study import CleanStudy, Taken, Texts

FORMAT = 1
# The earliest moment that a zip can write.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Contents:
    """All that goes into one package."""

    request: Request
    purpose: Purpose
    study: CleanStudy
    predictions: tuple[Prediction, ...]
    attempts: tuple[Attempt, ...]
    looked_through_by: str  # who paged through the contact sheets; empty when nobody did
    texts: Texts | None = None  # None: no program looked for text in the images


def pack(contents: Contents, target: Path, project_key: bytes, signer: Ed25519PrivateKey) -> None:
    """Write the package to `target`; on any error nothing stands there.

    Only the name of the project's key goes in.
    """
    texts = {
        "predictions.jsonl": _lines(contents.predictions),
        "processing.json": _json({"attempts": [asdict(one) for one in contents.attempts]}),
        "validation.json": _json(_validation(contents)),
        "README.txt": readme(contents.request, contents.purpose, contents.study).encode(),
    }
    manifest = canonical(
        {
            **_head(contents, key_id(project_key)),
            "signed_by": public_text(signer.public_key()),
            "files": [
                *(_described(taken) for taken in contents.study.taken),
                *(
                    {"name": name, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
                    for name, raw in sorted(texts.items())
                ),
            ],
        }
    )
    texts |= {"manifest.json": manifest, "manifest.sig": sign(manifest, signer)}
    try:
        _write(target, f"export-{contents.request.export_id}", contents.study, texts)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _write(target: Path, root: str, study: CleanStudy, texts: dict[str, bytes]) -> None:
    names = sorted([*texts, *(taken.name for taken in study.taken)])
    # Stored, not deflated: images do not shrink, and other versions of zlib write other bytes.
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(f"{root}/{name}", EPOCH)
            entry.external_attr = 0o100600 << 16
            entry.create_system = 3
            if name in texts:
                archive.writestr(entry, texts[name])
                continue
            entry.file_size = (study.folder / name).stat().st_size
            with (study.folder / name).open("rb") as source, archive.open(entry, "w") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)


def _head(contents: Contents, project_key_id: str) -> dict[str, Any]:
    request = asdict(contents.request)
    return {
        "format": FORMAT,
        "request": {name: _plain(value) for name, value in request.items()},
        "purpose": contents.purpose.code,
        "options": [meaning for _code, meaning in contents.purpose.method_codes()],
        "keeps_device_pseudonyms": contents.purpose.keeps_devices,
        "table": f"DICOM PS3.15 E.1-1 {EDITION}",
        "key_id": project_key_id,
        "tools": {"pydicom": pydicom.__version__},
    }


def _described(taken: Taken) -> dict[str, Any]:
    outcome = taken.outcome
    return {
        "name": taken.name,
        "size": outcome.size,
        "sha256": outcome.sha256,
        "sop_class": outcome.sop_class,
        "transfer_syntax": outcome.transfer_syntax,
        "modality": outcome.modality,
        "is_masked": outcome.is_masked,
        "source_size": outcome.source_size,
        "source_sha256": outcome.source_sha256,
    }


def _validation(contents: Contents) -> dict[str, Any]:
    study = contents.study
    return {
        "n_received": study.n_sources,
        "n_contained": len(study.taken),
        "left_out": [{"source": n, "reason": end.value} for n, end in study.left_out],
        "n_left_out_by_reason": dict(
            sorted(Counter(end.value for _n, end in study.left_out).items())
        ),
        "n_masked": sum(taken.outcome.is_masked for taken in study.taken),
        "identity_search": "each file searched for the source's names, numbers and UIDs; none left",
        "text_recognition": _recognition(contents.texts),
        "looked_through_by": contents.looked_through_by,
    }


def _recognition(texts: Texts | None) -> str | dict[str, Any]:
    if texts is None:
        return "not done"
    return {
        "program": texts.program,
        "n_files_read": texts.n_read,
        "n_files_with_text": len(texts.files),
        "files_with_text": list(texts.files),
        "note": "a warning for whoever looks through the images, and no proof that there is none",
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _lines(predictions: tuple[Prediction, ...]) -> bytes:
    return b"".join(canonical(asdict(one)) + b"\n" for one in predictions)


def _json(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
