"""What our de-identification leaves of a planted person, beside four other programs.

The others run as their documentation says, without a recipe of ours: this shows what one gets who
relies on them, not what they can be made to do. What cannot be installed is left out, loudly.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench.deidentifying import others
from bench.deidentifying.survivors import Survivors
from bench.report import RESULTS
from fleet.demo.orthanc import Orthanc
from fleet.demo.servers import ServerError
from fleet.exports.child import Cleaner, Limits
from fleet.exports.profile import EDITION, rules_by_tag
from tests.fleet.exports.samples import MINIMAL, UID, planted, task
from tests.fleet.exports.test_sentinels import TAKEN

VERSIONS = {
    "dicognito": "dicognito==0.19.0",
    "deid": "deid==0.4.13",
    "dicom-anonymizer": "dicom-anonymizer==2.1.0",
}
LIMITS = Limits(seconds=60)


class NotThere(Exception):
    """A program that is not on this machine; the message says what is missing."""


@dataclass(frozen=True)
class Row:
    name: str
    survivors: Survivors
    seconds: float


def ours(sources: Path, targets: Path) -> None:
    with Cleaner(task(MINIMAL), LIMITS) as cleaner:
        for source in sorted(sources.iterdir()):
            cleaner.clean(source, targets / source.name)


def library(name: str) -> Callable[[Path, Path], None]:
    """Return a run of one library in an environment of its own, which is made here."""
    folder = Path(tempfile.mkdtemp(prefix="deidentifiers-"))
    python = folder / "bin" / "python"
    venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, VERSIONS[name]], capture_output=True, timeout=600)
    if done.returncode:
        shutil.rmtree(folder)
        raise NotThere(f"pip cannot install {VERSIONS[name]}")

    def run(sources: Path, targets: Path) -> None:
        try:
            subprocess.run(
                [str(python), others.__file__, name, str(sources), str(targets)],
                check=True,
                timeout=900,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.defpath, "HOME": str(folder), "MPLBACKEND": "agg"},
            )
        finally:
            shutil.rmtree(folder)

    return run


def orthanc(folder: Path) -> Callable[[Path, Path], None]:
    try:
        server = Orthanc(folder)
        server.start()
    except ServerError as error:
        raise NotThere(str(error)) from error

    def run(sources: Path, targets: Path) -> None:
        try:
            with httpx.Client(
                base_url=server.url, auth=(server.user, server.password), timeout=60
            ) as client:
                for source in sorted(sources.iterdir()):
                    stored = client.post("/instances", content=source.read_bytes())
                    if stored.status_code != httpx.codes.OK:
                        continue
                    path = f"/instances/{stored.json()['ID']}/anonymize"
                    done = client.post(path, json={"Force": True})
                    if done.status_code == httpx.codes.OK:
                        (targets / source.name).write_bytes(done.content)
        finally:
            server.stop()

    return run


def main() -> None:
    # It quotes what it cannot read, and most of what is planted it cannot.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="deidentification-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        sources = plant(folder / "planted")
        runs: dict[str, Callable[[], Callable[[Path, Path], None]]] = {
            "**Fleet**": lambda: ours,
            **{f"{VERSIONS[name].replace('==', ' ')}": _maker(name) for name in VERSIONS},
            f"Orthanc {_version()}": lambda: orthanc(folder / "orthanc"),
        }
        rows, missing = [], []
        for title, make in runs.items():
            try:
                rows.append(measured(title, make(), sources, folder / f"out-{len(rows)}"))
            except NotThere as error:
                missing.append(f"NOT COMPARED: {title}: {error}.")
                print(missing[-1], file=sys.stderr)
        keep(rows, missing, len(list(sources.iterdir())))


def _maker(name: str) -> Callable[[], Callable[[Path, Path], None]]:
    return lambda: library(name)


def _version() -> str:
    """Return the version of Debian's Orthanc, empty when it is not there."""
    done = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Version}", "orthanc"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    return done.stdout.partition("+")[0]


def plant(folder: Path) -> Path:
    """Write the planted samples, every other one in Cyrillic."""
    folder.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n, path in enumerate(TAKEN):
            dataset = planted(path, is_cyrillic=bool(n % 2))
            dataset.SOPInstanceUID = f"{UID}.9{n:05d}"
            dataset.save_as(folder / f"{n:03d}.dcm")
    return folder


def measured(title: str, run: Callable[[Path, Path], None], sources: Path, targets: Path) -> Row:
    targets.mkdir()
    started = time.monotonic()
    run(sources, targets)
    seconds = time.monotonic() - started
    survivors = Survivors()
    for target in sorted(targets.iterdir()):
        survivors.look(sources / target.name, target)
    print(f"  {title}: {survivors.n_files} files in {seconds:.1f} s", flush=True)
    return Row(title, survivors, seconds)


def keep(rows: list[Row], missing: list[str], n_files: int) -> None:
    """Write the table to bench/results/deidentification.md, in place of the last one."""
    n_rules = sum(tag >> 16 >= 0x0008 for tag in rules_by_tag())
    lines = [
        "# deidentification",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. {n_files} of pydicom's sample files, half of them in"
        f" Cyrillic. Each of the {n_rules} attributes of DICOM PS3.15 Table E.1-1 ({EDITION}) that"
        " a file may hold is planted at its root and within two sequences that no table names;"
        " beside them private attributes, overlays, curves, and words in preamble and file meta."
        " Counted are the attributes that stand unchanged in at least one file. Every program runs"
        " as its documentation says, ours for sharing outside, with every kind of object let in."
        " Seconds are of a machine that does other things as well.",
        "",
        "| program | files that came out | attributes left at the root | left within sequences |"
        " private left | overlays and curves left | files with a planted word in their bytes |"
        " seconds |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_line(row, n_files) for row in rows),
        *(["", *missing] if missing else []),
    ]
    (RESULTS / "deidentification.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


def _line(row: Row, n_files: int) -> str:
    left = row.survivors
    cells = (
        row.name,
        f"{left.n_files} of {n_files}",
        *(str(left.n(place)) for place in ("root", "nested", "private", "graphics")),
        str(left.n_with_words),
        f"{row.seconds:.0f}",
    )
    return f"| {' | '.join(cells)} |"
