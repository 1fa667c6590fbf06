from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.exports import fetching, sources, watching
from fleet.exports.child import Cleaner, Limits
from fleet.exports.facts import Attempt, Prediction, Request
from fleet.exports.instance import Task
from fleet.exports.package import Contents, pack
from fleet.exports.study import CleanStudy, clean_study
from tests.fleet.exports.samples import FOLDER, KEY, MINIMAL, task
from tests.rig.archive import Archive
from tests.rig.export_center import SECRET, ExportCenter, make_center, signing_pem

LIMITS = Limits(memory_bytes=2 * 1024**3, file_bytes=1024**3, seconds=60)
SIGNER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
FACTS = (
    Prediction("mammo", "2.1", "malignant", "L", 0.87, 0.5, True, 1),
    Prediction("mammo", "2.1", "malignant", "R", None, 0.5, None, 1),
)
ATTEMPT = Attempt(1, "mammo", "2.1", "done", "", "", "cpu", 1.5, 2.0, 30.0, None)
REQUEST = Request(
    export_id="20261121-0001",
    region_code="tver",
    requester="oncall",
    approver="",
    reason="Scores fell by a half on Friday",
    created=datetime(2026, 11, 21, 8, tzinfo=UTC),
    expires=None,
)
IMAGES = [FOLDER / name for name in ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm")]


@pytest.fixture
def cleaner() -> Iterator[Cleaner]:
    with Cleaner(task(), LIMITS) as cleaner:
        yield cleaner


@pytest.fixture
def study(tmp_path: Path, cleaner: Cleaner) -> CleanStudy:
    return clean_study(IMAGES, tmp_path / "clean", cleaner)


@pytest.fixture
def contents(study: CleanStudy) -> Contents:
    return Contents(REQUEST, MINIMAL, study, FACTS, (ATTEMPT,), "oncall")


@pytest.fixture
def package(contents: Contents, tmp_path: Path) -> Path:
    target = tmp_path / "package.zip"
    pack(contents, target, KEY, SIGNER)
    return target


@pytest.fixture
def cleaner_of() -> Iterator[Callable[..., Cleaner]]:
    """A maker of cleaners that are ended with the test."""
    made: list[Cleaner] = []

    def make(task: Task, limits: Limits = LIMITS) -> Cleaner:
        made.append(Cleaner(task, limits))
        return made[-1]

    yield make
    for cleaner in made:
        cleaner.__exit__(None, None, None)


@pytest.fixture
def exporting(settings: Any, tmp_path: Path) -> Path:
    """The exporter's settings; returns its folder."""
    settings.FLEET_EXPORT_DIR = str(tmp_path / "exports")
    settings.FLEET_EXPORT_KEY, settings.FLEET_EXPORT_SIGNING_KEY = SECRET, signing_pem()
    return tmp_path / "exports"


@pytest.fixture
def center(
    make_region: Callable[..., Any],
    region_database: Callable[..., Any],
    exporting: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ExportCenter:
    """A region whose archive is a folder, and an exporter that rests shortly."""
    archive = Archive(tmp_path / "archive", tmp_path / "archive.log")
    monkeypatch.setitem(sources.WAYS, "sftp", lambda _source, _reach: archive.open())
    monkeypatch.setattr(fetching, "TICK_S", 0.01)
    monkeypatch.setattr(fetching, "REST_S", 0.01)
    monkeypatch.setattr(watching, "EVERY_S", 0.02)
    database = region_database()
    return make_center(database, make_region(database), exporting, archive)
