"""Programs that are not ours find nothing new to complain about in what we wrote."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from fleet.exports.ends import End
from fleet.exports.instance import clean
from fleet.exports.purposes import Purpose
from tests.fleet.exports.samples import KEEPING, MINIMAL, SAMPLES, task

needs_dciodvfy = pytest.mark.skipif(
    shutil.which("dciodvfy") is None,
    reason="dciodvfy is missing: bin/install-test-packages installs dicom3tools",
)
needs_dcmtk = pytest.mark.skipif(
    shutil.which("dcmdump") is None,
    reason="dcmdump is missing: bin/install-test-packages installs dcmtk",
)
# A report loses the code of who verified it; no purpose of ours lets reports through.
REPORTS = {"test-SR.dcm"}


def errors(path: Path) -> Counter[str]:
    """Return dciodvfy's errors, the UIDs in their texts left out."""
    done = subprocess.run(
        ["dciodvfy", "-new", str(path)], capture_output=True, check=False, timeout=60
    )
    lines = (done.stdout + done.stderr).decode("latin-1").splitlines()
    return Counter(re.sub(r"<[\d.]+>", "<uid>", line) for line in lines if line.startswith("Error"))


def cleaned(purpose: Purpose, folder: Path) -> dict[Path, Path]:
    """Return the cleaned file of each sample that is taken."""
    done = {}
    for n, source in enumerate(SAMPLES):
        if clean(source, folder / f"{n}.dcm", task(purpose)).end is End.CLEANED:
            done[source] = folder / f"{n}.dcm"
    return done


@needs_dciodvfy
@pytest.mark.parametrize("purpose", [MINIMAL, KEEPING], ids=lambda purpose: purpose.code)
def test_it_adds_no_error_of_dciodvfy(purpose: Purpose, tmp_path: Path) -> None:
    files = cleaned(purpose, tmp_path)

    new = {
        source.name: more
        for source, target in files.items()
        if (more := errors(target) - errors(source)) and source.name not in REPORTS
    }

    assert len(files) >= 60
    assert new == {}


@needs_dcmtk
def test_it_writes_what_dcmtk_reads(tmp_path: Path) -> None:
    files = cleaned(MINIMAL, tmp_path)

    failed = [
        source.name
        for source, target in files.items()
        if subprocess.run(
            ["dcmdump", "-q", str(target)], capture_output=True, timeout=60
        ).returncode
    ]

    assert len(files) >= 60
    assert failed == []
