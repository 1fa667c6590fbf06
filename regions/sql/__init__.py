"""SQL lives in SQL files; this loads them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def sql_file(name: str) -> str:
    """Return the text of a file in this folder."""
    return (FOLDER / name).read_text()


@cache
def named_statements(name: str) -> dict[str, str]:
    """Return the statements of a file by name; each begins with a line `-- name: <word>`."""
    parts = re.split(r"^-- name: (\w+)$", sql_file(name), flags=re.MULTILINE)
    return dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
