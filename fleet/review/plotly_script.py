"""The script that plotly's package carries, as a static file: plotly/plotly.min.js."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PREFIX, SCRIPT = "plotly", "plotly.min.js"


class PackageStorage(FileSystemStorage):
    """Files whose addresses begin with PREFIX."""

    prefix = PREFIX


class PlotlyFinder(BaseFinder):
    """Finds the one file of the package that browsers need; the rest stays where it is."""

    def __init__(self, _app_names: Any = None) -> None:
        # Importing plotly takes a second; its place is known without.
        spec = find_spec("plotly")
        if spec is None or not spec.origin:
            raise LookupError("The package plotly is not installed: pip install plotly.")
        self.storage = PackageStorage(location=Path(spec.origin).parent / "package_data")

    def check(self, **_kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:
        """Return the script's path on disk; a list when all are asked for."""
        found = [self.storage.path(SCRIPT)] if path == f"{PREFIX}/{SCRIPT}" else []
        return found if find_all or not found else found[0]

    def list(self, _ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        yield SCRIPT, self.storage
