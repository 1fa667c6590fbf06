"""Imports go one way: edges to verbs to nouns to pure modules, fleet to regions, never back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Each part, and the parts that it may import beside itself. A module belongs to the longest name
# that fits. Modules that stand in no part here are not ours.
MAY_IMPORT = {
    # Leaves: they import nothing of ours, anyone may import them.
    "fleet.clock": set(),
    "fleet.env": set(),
    "fleet.processes": set(),
    # What one contour is, and what is known of it.
    "regions.drift": set(),
    "regions": {"regions.drift", "fleet.clock", "fleet.env"},
    # What is decided about all of them, and shown.
    "fleet.people": {"regions", "fleet.clock"},
    "fleet.alerts": {"regions", "regions.drift", "fleet.people", "fleet.clock"},
    # The core of alerts knows nothing of the review, which shows it; its pages know both.
    "fleet.alerts.pages": {
        *("regions", "regions.drift", "fleet.people", "fleet.alerts", "fleet.exports"),
        *("fleet.review", "fleet.clock"),
    },
    # Exports are told of in the chats that alerts have.
    "fleet.exports": {"regions", "fleet.people", "fleet.alerts", "fleet.clock"},
    # Likewise: the review shows what may be asked for, these pages know both.
    "fleet.exports.pages": {
        *("regions", "fleet.people", "fleet.alerts", "fleet.exports", "fleet.review"),
        "fleet.clock",
    },
    "fleet.review": {
        *("regions", "regions.drift", "fleet.people", "fleet.alerts", "fleet.exports"),
        "fleet.clock",
    },
    "fleet.api": {
        *("regions", "fleet.people", "fleet.alerts", "fleet.exports", "fleet.review"),
        "fleet.clock",
    },
    "fleet.metrics": {"regions", "fleet.people", "fleet.review", "fleet.api", "fleet.clock"},
    # The project: it knows everyone, and only the entry points know it.
    "fleet.settings": {"fleet.env"},
    "fleet.urls": {
        *("regions", "fleet.people", "fleet.alerts", "fleet.exports", "fleet.review"),
        *("fleet.alerts.pages", "fleet.exports.pages", "fleet.api", "fleet.metrics"),
    },
    "fleet.celery": set(),
    "fleet.wsgi": set(),
    "fleet.checks": {"fleet.env", "regions"},
    "fleet": {"fleet.celery", "fleet.checks", "fleet.clock", "fleet.env"},
    "fleet.rehearsal": {
        *("regions", "fleet.people", "fleet.alerts", "fleet.demo", "fleet.clock"),
    },
    # Only tests, the bench, `make demo` and rehearsals in it run this.
    "fleet.demo": {
        *("regions", "fleet.clock", "fleet.env", "fleet.processes", "fleet.people", "fleet.api"),
        *("fleet.alerts", "fleet.exports"),
    },
}
# Pure modules: what they say depends on their arguments alone, so they know neither Django nor us.
PURE = ("regions.drift", "regions.freshness", "regions.calendars", "fleet.clock", "fleet.processes")

# What models are made of, and the models of rows that belong to the regions.
BELOW_MODELS = (
    *("regions.credentials", "regions.hostkeys", "regions.localday", "regions.foreign"),
    *("regions.calendars", "fleet.clock"),
)
# Where the world comes in; everything else can be called without them.
EDGES = {"tasks", "views", "admin", "management", "urls", "settings", "wsgi", "templatetags"}


def part_of(module: str) -> str | None:
    """Return the part that a module belongs to; None for modules that are not ours."""
    parts = [part for part in MAY_IMPORT if f"{module}.".startswith(f"{part}.")]
    return max(parts, key=len, default=None)


def imports_of(path: Path) -> Iterator[str]:
    """Return every absolute name that a file imports, those inside functions included.

    `from fleet import clock` yields both fleet.clock and nothing else: the package itself is
    imported by everyone who imports a part of it.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            is_package = (ROOT / Path(*node.module.split("."))).is_dir()
            for alias in node.names:
                yield f"{node.module}.{alias.name}" if is_package else node.module


def modules() -> Iterator[tuple[str, Path]]:
    """Return the name and the file of each module of ours, migrations and tests left out."""
    for package in ("fleet", "regions"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def test_it_imports_only_what_its_part_may() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, path in modules()
        for target in imports_of(path)
        if (here := part_of(module)) and (there := part_of(target))
        if there != here and there not in MAY_IMPORT[here]
    ]

    assert wrong == []


def test_it_keeps_pure_modules_pure() -> None:
    wrong = [
        f"{module} imports {target}"
        for pure in PURE
        for module, path in modules()
        if f"{module}.".startswith(f"{pure}.")
        for target in imports_of(path)
        if target.split(".")[0] in {"django", "celery", "fleet", "regions"}
        if not target.startswith(pure)
    ]

    assert wrong == []


def test_it_keeps_models_below_what_works_with_them() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, path in modules()
        if ".models" in module
        for target in imports_of(path)
        if target.startswith(("fleet.", "regions."))
        if ".models" not in target and not target.startswith(BELOW_MODELS)
    ]

    assert wrong == []


def test_it_imports_edges_from_edges_only() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, path in modules()
        if not EDGES.intersection(module.split("."))
        for target in imports_of(path)
        if target.startswith(("fleet.", "regions.")) and EDGES.intersection(target.split("."))
    ]

    assert wrong == []


def test_it_sees_an_import_that_goes_the_wrong_way(tmp_path: Path) -> None:
    culprit = tmp_path / "collect.py"
    culprit.write_text("def f():\n    from fleet.review import day\n    import fleet.settings\n")

    targets = {part_of(target) for target in imports_of(culprit)}

    assert targets.isdisjoint(MAY_IMPORT["regions"])
    assert targets == {"fleet.review", "fleet.settings"}
