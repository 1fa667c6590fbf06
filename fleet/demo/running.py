"""The demo that runs on this machine: its folder, its environment, its sham regions.

`manage.py` imports this, also where nothing of what the demo needs is installed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fleet.demo.scenario import all_codes
from fleet.demo.simulator import Source, read_sources

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENT = "environment.json"
COMMANDS = frozenset({"sham_scenario", "rehearse"})
# Of any center: of the demo's where no other is named and a demo runs.
LENT = frozenset({"verify_trail"})
NAMES_THE_CENTER = frozenset({"FLEET_DATABASE_URL", "FLEET_DATABASE_URL_FILE"})


class DemoFailure(Exception):
    """What a command wants of the demo and does not get; a sentence with the remedy."""


@dataclass(frozen=True)
class RunningDemo:
    """A demo in this folder; `environment` is a worker's."""

    folder: Path
    environment: dict[str, str]

    @property
    def address(self) -> str:
        return self.environment["FLEET_PUBLIC_URL"]

    @property
    def messages(self) -> str:
        """The file into which the messenger of the console writes."""
        return self.environment["FLEET_CONSOLE_FILE"]

    def source(self, code: str) -> Source:
        """Return what the simulator writes into. Raises DemoFailure for any other region."""
        sources = read_sources(self.folder / "secrets" / "simulator.json")
        for source in sources:
            if source.sham.code == code and code in all_codes():
                return source
        sham = ", ".join(one.sham.code for one in sources)
        raise DemoFailure(f"“{code}” is no sham region of the demo. Choose one of: {sham}.")


def find_demo() -> RunningDemo:
    """Return the demo that runs. Raises DemoFailure with the remedy when none does."""
    for folder in _folders():
        file = folder / "secrets" / ENVIRONMENT
        if _is_locked(folder) and file.exists():
            return RunningDemo(folder, json.loads(file.read_text()))
    raise DemoFailure(
        "No demo runs here, or it is not ready yet: start it with “make demo”, wait for its last"
        " line, and give this command in another terminal, with its FLEET_DEMO_DIR if it has one."
    )


def demo_of_this_center() -> RunningDemo:
    """Return the demo that runs, if this process works at its center.

    Raises DemoFailure in the center of anything else, where regions may be real.
    """
    demo = find_demo()
    if os.environ.get("FLEET_DATABASE_URL") != demo.environment["FLEET_DATABASE_URL"]:
        raise DemoFailure(
            "FLEET_DATABASE_URL names another center than the demo's, whose regions may be real:"
            " take it out of the environment."
        )
    return demo


def write_environment(folder: Path, environment: dict[str, str]) -> None:
    """Write down with which environment commands reach the demo's center."""
    file = folder / "secrets" / ENVIRONMENT
    file.touch(mode=0o600)
    ours = {name: value for name, value in environment.items() if name.startswith("FLEET_")}
    file.write_text(json.dumps(ours))


def adopt(arguments: Sequence[str], environment: MutableMapping[str, str]) -> None:
    """Let a command about the demo use the demo's center, where no other center is named.

    Raises DemoFailure when no demo runs and the command is about nothing else.
    """
    if NAMES_THE_CENTER.intersection(environment):
        return
    if COMMANDS.intersection(arguments[1:2]):
        environment.update(find_demo().environment)
    elif LENT.intersection(arguments[1:2]):
        with suppress(DemoFailure):
            environment.update(find_demo().environment)


def _folders() -> Iterator[Path]:
    if asked := os.environ.get("FLEET_DEMO_DIR"):
        yield Path(asked).absolute()
        return
    yield PROJECT / ".demo"
    yield Path(f"/var/tmp/fleet-demo-{os.geteuid()}")  # noqa: S108


def _is_locked(folder: Path) -> bool:
    """Return whether a demo holds the folder."""
    with suppress(FileNotFoundError), (folder / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
