"""Whether a package is whole, unchanged and signed, found out without network or database."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fleet.exports.signature import fingerprint, is_signed, public_of_text

MAX_MANIFEST_BYTES = 64 * 1024**2
OUTSIDE = ("manifest.json", "manifest.sig")


class NotAPackage(Exception):
    """The file is not one of our packages; the message says what is missing."""


@dataclass(frozen=True)
class Verdict:
    """What was found. The package is sound when `problems` is empty."""

    export_id: str
    region_code: str
    signer: str  # fingerprint of the key that the package itself names
    is_trusted: bool  # that key is the one we were given
    n_files: int
    n_bytes: int
    problems: tuple[str, ...]


def verify(package: Path, trusted: Ed25519PublicKey | None = None) -> Verdict:
    """Return the verdict on a package. Raises NotAPackage, or OSError for an unreadable file.

    Without a trusted key the signature shows only that nobody changed the package after its maker.
    """
    try:
        with zipfile.ZipFile(package) as archive:
            return _verify(archive, trusted)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise NotAPackage(f"{package.name} is not a readable zip file.") from error


def _verify(archive: zipfile.ZipFile, trusted: Ed25519PublicKey | None) -> Verdict:
    entries = archive.infolist()
    root = _root(entries)
    raw = _read(archive, f"{root}/manifest.json")
    signature = _read(archive, f"{root}/manifest.sig")
    try:
        manifest = json.loads(raw)
        request = manifest["request"]
        listed = {str(one["name"]): one for one in manifest["files"]}
        signer = public_of_text(manifest["signed_by"])
        export_id, region_code = str(request["export_id"]), str(request["region_code"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotAPackage("manifest.json is not a manifest of ours.") from error
    problems = []
    if not is_signed(raw, signature, signer):
        problems.append("The signature does not belong to this manifest.")
    is_trusted = trusted is not None and fingerprint(trusted) == fingerprint(signer)
    if trusted is not None and not is_trusted:
        problems.append("The package is signed by another key than the one given.")
    if root != f"export-{export_id}":
        problems.append("The folder does not bear the name of the export.")
    problems += _problems_of_entries(archive, entries, root, listed)
    return Verdict(
        export_id=export_id,
        region_code=region_code,
        signer=fingerprint(signer),
        is_trusted=is_trusted,
        n_files=len(listed),
        n_bytes=sum(entry.file_size for entry in entries),
        problems=tuple(problems),
    )


def _root(entries: list[zipfile.ZipInfo]) -> str:
    roots = {entry.filename.partition("/")[0] for entry in entries}
    if len(roots) != 1:
        raise NotAPackage("A package holds exactly one folder.")
    return roots.pop()


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        entry = archive.getinfo(name)
    except KeyError as error:
        raise NotAPackage(f"{name} is missing.") from error
    if entry.file_size > MAX_MANIFEST_BYTES:
        raise NotAPackage(f"{name} is too big to be ours.")
    return archive.read(entry)


def _problems_of_entries(
    archive: zipfile.ZipFile,
    entries: list[zipfile.ZipInfo],
    root: str,
    listed: dict[str, dict[str, Any]],
) -> list[str]:
    problems = []
    seen = set()
    for entry in entries:
        name = entry.filename.removeprefix(f"{root}/")
        if name in seen:
            problems.append(f"{name} is there twice.")
        seen.add(name)
        if name in OUTSIDE:
            continue
        if name not in listed:
            problems.append(f"{name} is not in the manifest.")
        elif entry.compress_type != zipfile.ZIP_STORED:
            # A packed entry may inflate without limit, and ours never are.
            problems.append(f"{name} is packed, as no entry of ours is.")
        elif entry.file_size != listed[name].get("size"):
            problems.append(f"{name} has another size.")
        elif _sha256(archive, entry) != listed[name].get("sha256"):
            problems.append(f"{name} was changed.")
    return problems + [f"{name} is missing." for name in sorted(listed.keys() - seen)]


def _sha256(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """Return the hash of an entry, empty when its bytes cannot be read."""
    try:
        with archive.open(entry) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    except (zipfile.BadZipFile, EOFError):
        return ""
