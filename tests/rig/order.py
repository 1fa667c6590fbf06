"""The order of the tests when several processes share them."""

from __future__ import annotations

from pathlib import Path

import pytest

# Markers of the files to begin with.
ORDER = ("long", "slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left with one at the end."""
    ranks: dict[Path, int] = {}
    for item in items:
        marked = (n for n, name in enumerate(ORDER) if item.get_closest_marker(name))
        ranks[item.path] = min(*marked, ranks.get(item.path, len(ORDER)), len(ORDER))
    items.sort(key=lambda item: ranks[item.path])
