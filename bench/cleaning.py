"""How fast studies are de-identified and packed, and how much memory that takes in the worker.

Images of noise, which compress to nothing and hold short words by chance: the worst to search.
"""

from __future__ import annotations

import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
import pydicom
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.report import Report
from fleet.exports.child import Cleaner
from fleet.exports.facts import Request
from fleet.exports.package import Contents, pack
from fleet.exports.study import clean_study
from tests.fleet.exports.samples import FOLDER, KEY, MINIMAL, task

MEGABYTE = 1_000_000
SIDE = 1024
TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"
# Number of files, frames of 2 MiB in each.
STUDIES = ((300, 1), (4, 240))


@dataclass
class Peak:
    worker: int = 0
    reader: int = 0


def main() -> None:
    report = Report("cleaning")
    for n_files, n_frames in STUDIES:
        with tempfile.TemporaryDirectory(prefix="cleaning-") as name:
            _measure(report, Path(name), n_files, n_frames)
    report.keep()


def _measure(report: Report, folder: Path, n_files: int, n_frames: int) -> None:
    paths = _study(folder, n_files, n_frames)
    megabytes = sum(path.stat().st_size for path in paths) / MEGABYTE
    what = f"{n_files} files of {megabytes / n_files:,.0f} MB"
    before, at_first = _children_s(), psutil.Process().memory_info().rss
    with _watched() as peak:
        started = time.monotonic()
        with Cleaner(task()) as cleaner:
            study = clean_study(paths, folder / "clean", cleaner)
        cleaned = time.monotonic()
        signer = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
        contents = Contents(_request(), MINIMAL, study, (), (), "bench")
        pack(contents, folder / "package.zip", KEY, signer)
        packed = time.monotonic()
    if len(study.taken) != n_files:
        raise SystemExit(f"{what}: {study.left_out[0][1].value}")
    report.add(f"{what}: de-identified", megabytes / (cleaned - started), "MB/s")
    report.add(f"{what}: seconds of a processor for 1 GB", _seconds(before, megabytes), "s")
    report.add(f"{what}: packed and signed", megabytes / (packed - cleaned), "MB/s")
    # The bench itself holds all that the tests need; what the work adds is what counts.
    grown = max(0, peak.worker - at_first)
    report.add(f"{what}: memory that the worker gained", grown / MEGABYTE, "MB")
    report.add(f"{what}: child that reads, most memory", peak.reader / MEGABYTE, "MB")


def _study(folder: Path, n_files: int, n_frames: int) -> list[Path]:
    dataset = pydicom.dcmread(FOLDER / "CT_small.dcm")
    dataset.Rows = dataset.Columns = SIDE
    if n_frames > 1:
        dataset.NumberOfFrames, dataset.SOPClassUID = n_frames, TOMOSYNTHESIS
    noise = np.random.default_rng(1).integers(0, 4096, SIDE * SIDE, dtype=np.uint16).tobytes()
    dataset.PixelData = noise * n_frames
    paths = [folder / f"{n:05d}" for n in range(n_files)]
    for n, path in enumerate(paths):
        dataset.SOPInstanceUID = f"1.2.3.4.{n}"
        dataset.save_as(path)
    return paths


def _request() -> Request:
    return Request("1-1", "bench", "bench", "", "bench", datetime.now(UTC), None)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _seconds(before: float, megabytes: float) -> float:
    return (_children_s() - before) / megabytes * 1000


@contextmanager
def _watched() -> Iterator[Peak]:
    """Note the most memory of this process and of its child, until the end of the block."""
    peak, process, over = Peak(), psutil.Process(), threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peak.worker = max(peak.worker, process.memory_info().rss)
            for child in process.children():
                try:
                    peak.reader = max(peak.reader, child.memory_info().rss)
                except psutil.Error:
                    continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join(timeout=5)
