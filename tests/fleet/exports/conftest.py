from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.exports.child import Cleaner, Limits
from fleet.exports.facts import Attempt, Prediction, Request
from fleet.exports.instance import Task
from fleet.exports.package import Contents, pack
from fleet.exports.study import CleanStudy, clean_study
from tests.fleet.exports.samples import FOLDER, KEY, MINIMAL, task

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
