"""Tests that run in several processes, of which one may ask for the machine to itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

# Markers of the files to begin with. Who asks for the machine waits for the tests that run, and
# none begins meanwhile: that comes before the longest ones have begun.
ORDER = ("alone", "slow", "long")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left with one at the end."""
    ranks: dict[Path, int] = {}
    for item in items:
        marked = (n for n, name in enumerate(ORDER) if item.get_closest_marker(name))
        ranks[item.path] = min(*marked, ranks.get(item.path, len(ORDER)), len(ORDER))
    items.sort(key=lambda item: ranks[item.path])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run the test beside others, unless one of them is `alone`."""
    _take(fcntl.LOCK_SH)
    try:
        return (yield)
    finally:
        fcntl.flock(_file("machine"), fcntl.LOCK_UN)


@contextmanager
def alone() -> Iterator[None]:
    """Let no test of another process run meanwhile: what is measured here is time."""
    _take(fcntl.LOCK_EX)
    try:
        yield
    finally:
        _take(fcntl.LOCK_SH)


def _take(kind: int) -> None:
    # Who waits for the machine holds the others at the gate, and holds nothing that they wait for.
    fcntl.flock(_file("machine"), fcntl.LOCK_UN)
    fcntl.flock(_file("gate"), fcntl.LOCK_EX)
    fcntl.flock(_file("machine"), kind)
    fcntl.flock(_file("gate"), fcntl.LOCK_UN)


@cache
def _file(name: str) -> int:
    """Return a descriptor that stays open as long as this process."""
    return os.open(Path(os.environ["FLEET_TEST_TURNS"]) / name, os.O_RDWR | os.O_CREAT)
