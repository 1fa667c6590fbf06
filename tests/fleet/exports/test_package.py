from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from fleet.exports.child import SOURCES, Cleaner
from fleet.exports.package import Contents, pack
from fleet.exports.study import clean_study
from fleet.exports.verify import NotAPackage, verify
from tests.fleet.exports.conftest import FACTS, IMAGES, REQUEST, SIGNER
from tests.fleet.exports.samples import KEY, MINIMAL, needles, planted, task

ROOT = "export-20261121-0001"


def changed(package: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Return a copy of a package with other entries."""
    with zipfile.ZipFile(package) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    copy = package.with_name("changed.zip")
    with zipfile.ZipFile(copy, "w") as archive:
        for name, raw in entries.items():
            archive.writestr(name, raw)
    return copy


def read(package: Path, name: str) -> bytes:
    with zipfile.ZipFile(package) as archive:
        return archive.read(f"{ROOT}/{name}")


def test_it_packs_what_verifies(package: Path) -> None:
    verdict = verify(package, SIGNER.public_key())

    assert verdict.problems == ()
    assert verdict.is_trusted
    assert (verdict.export_id, verdict.region_code, verdict.n_files) == ("20261121-0001", "tver", 7)


def test_it_has_the_layout(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()

    assert [name for name in names if not name.startswith(f"{ROOT}/dicom/")] == [
        f"{ROOT}/{name}"
        for name in (
            *("README.txt", "manifest.json", "manifest.sig"),
            *("predictions.jsonl", "processing.json", "validation.json"),
        )
    ]
    assert f"{ROOT}/dicom/0001/0001/00001.dcm" in names


def test_it_packs_the_same_bytes_again(
    tmp_path: Path, contents: Contents, package: Path, cleaner_of: Callable[..., Cleaner]
) -> None:
    again = clean_study(IMAGES, tmp_path / "again", cleaner_of(task()))
    pack(dataclasses.replace(contents, study=again), tmp_path / "again.zip", KEY, SIGNER)

    assert (tmp_path / "again.zip").read_bytes() == package.read_bytes()


def test_it_carries_what_the_models_said(package: Path) -> None:
    lines = read(package, "predictions.jsonl").splitlines()

    assert [json.loads(line) for line in lines] == [dataclasses.asdict(fact) for fact in FACTS]


def test_it_keeps_the_keys_out(package: Path) -> None:
    raw = package.read_bytes()

    assert KEY not in raw
    assert KEY.hex().encode() not in raw
    assert SIGNER.private_bytes_raw() not in raw


@pytest.mark.parametrize("is_cyrillic", [False, True])
def test_it_packs_nothing_of_what_was_planted(
    is_cyrillic: bool, tmp_path: Path, cleaner: Cleaner
) -> None:
    sources = []
    for image in IMAGES:
        sources.append(tmp_path / f"ZQSENT {image.name}")
        dataset = planted(image, is_cyrillic=is_cyrillic)
        dataset.SOPInstanceUID += str(len(sources))
        dataset.save_as(sources[-1])

    study = clean_study(sources, tmp_path / "study", cleaner)
    pack(Contents(REQUEST, MINIMAL, study, (), (), ""), tmp_path / "p.zip", KEY, SIGNER)

    raw = (tmp_path / "p.zip").read_bytes()
    assert [needle for needle in needles() if needle in raw] == []


@pytest.mark.parametrize(
    ("name", "raw", "problem"),
    [
        ("predictions.jsonl", b"{}", "predictions.jsonl has another size."),
        ("README.txt", None, "README.txt is missing."),
        ("dicom/0009.dcm", b"x", "dicom/0009.dcm is not in the manifest."),
        ("../../evil", b"x", "../../evil is not in the manifest."),
        ("manifest.sig", b"AAAA", "The signature does not belong to this manifest."),
    ],
)
def test_it_names_what_was_changed(
    name: str, raw: bytes | None, problem: str, package: Path
) -> None:
    def change(entries: dict[str, bytes]) -> None:
        entries.pop(f"{ROOT}/{name}", None)
        if raw is not None:
            entries[f"{ROOT}/{name}"] = raw

    assert verify(changed(package, change)).problems == (problem,)


def test_it_notices_every_changed_byte_of_an_image(package: Path) -> None:
    def change(entries: dict[str, bytes]) -> None:
        name = f"{ROOT}/dicom/0001/0001/00001.dcm"
        entries[name] = entries[name][:-1] + bytes([entries[name][-1] ^ 1])

    assert verify(changed(package, change)).problems == ("dicom/0001/0001/00001.dcm was changed.",)


def test_it_trusts_no_other_key(package: Path) -> None:
    verdict = verify(package, Ed25519PrivateKey.generate().public_key())

    assert verdict.problems == ("The package is signed by another key than the one given.",)


@pytest.mark.parametrize("raw", [b"", b"PK", b"PK\3\4" + b"\0" * 100])
def test_it_says_what_is_no_package(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(raw)

    with pytest.raises(NotAPackage):
        verify(tmp_path / "x.zip")


def test_it_leaves_nothing_when_packing_fails(contents: Contents, tmp_path: Path) -> None:
    (contents.study.folder / contents.study.taken[1].name).unlink()

    with pytest.raises(FileNotFoundError):
        pack(contents, tmp_path / "broken.zip", KEY, SIGNER)

    assert not (tmp_path / "broken.zip").exists()


def test_it_verifies_from_the_command_line(package: Path, tmp_path: Path) -> None:
    pem = SIGNER.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "key.pem").write_bytes(pem)
    out = StringIO()

    call_command("verify_export", str(package), key=tmp_path / "key.pem", stdout=out)

    assert "Export 20261121-0001 from tver is whole: 7 files" in out.getvalue()
    assert "Signed by the key given" in out.getvalue()


def test_it_fails_on_the_command_line(package: Path) -> None:
    broken = changed(package, lambda entries: entries.update({f"{ROOT}/README.txt": b""}))

    with pytest.raises(CommandError, match=r"README\.txt has another size"):
        call_command("verify_export", str(broken))


def test_it_names_the_file_that_it_cannot_read(package: Path, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")

    with pytest.raises(CommandError, match=r"nowhere\.zip cannot be read: No such file"):
        call_command("verify_export", "nowhere.zip")
    with pytest.raises(CommandError, match=r"key\.pem holds no public key as PEM: give the one"):
        call_command("verify_export", str(package), key=tmp_path / "key.pem")


def test_it_is_checked_by_who_has_nothing_but_the_source(package: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_export", str(package)],
        cwd=SOURCES,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert "Export 20261121-0001 from tver is whole" in done.stdout
