"""Nothing grows past the size at which it can be read in one go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Lines of a file, by pattern. The habit is 300 for a module; past these limits it is split.
MAX_LINES = {
    "fleet/**/*.py": 400,
    "regions/**/*.py": 400,
    "bench/**/*.py": 400,
    "tests/**/*.py": 400,
    "static/css/**/*.css": 200,
    "templates/**/*.html": 150,
}
MAX_FUNCTION = 60
MAX_TEST = 30


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Return the name and the length in lines of each function, its decorators left out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def sources(pattern: str) -> list[Path]:
    return [path for path in sorted(ROOT.glob(pattern)) if "migrations" not in path.parts]


@pytest.mark.parametrize(("pattern", "limit"), MAX_LINES.items())
def test_it_keeps_files_short(pattern: str, limit: int) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in sources(pattern)}

    assert {str(path): n for path, n in lengths.items() if n > limit} == {}


@pytest.mark.parametrize("folder", ["fleet", "regions", "bench", "tests"])
def test_it_keeps_functions_short(folder: str) -> None:
    too_long = [
        f"{path.relative_to(ROOT)}: {name} has {length} lines"
        for path in sources(f"{folder}/**/*.py")
        for name, length in functions(path)
        if length > (MAX_TEST if name.startswith("test_") else MAX_FUNCTION)
    ]

    assert too_long == []
