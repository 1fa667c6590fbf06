"""The order of the tests when several processes share them."""

from __future__ import annotations

from pathlib import Path

import pytest

# Markers of the files to begin with; last come those that start no server, which are short.
ORDER = (("long",), ("slow",), ("browser", "integration"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left with one at the end."""
    ranks: dict[Path, int] = {}
    for item in items:
        ranks[item.path] = min(_rank(item), ranks.get(item.path, len(ORDER)))
    items.sort(key=lambda item: ranks[item.path])


def _rank(item: pytest.Item) -> int:
    of_item = (n for n, names in enumerate(ORDER) if any(map(item.get_closest_marker, names)))
    return next(of_item, len(ORDER))
