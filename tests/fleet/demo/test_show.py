"""The whole demo, as `make demo` runs it, with the fewest regions."""

from __future__ import annotations

import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.demo.folder import DemoFolder
from fleet.demo.servers import free_port
from tests.rig.demo_run import Run

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def runs(server_folder: Path) -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        if run.process.poll() is None:
            run.end(signal.SIGTERM)
    # What is left when a run was killed and the next one failed.
    for file in server_folder.glob("demo/*/data/postmaster.pid"):
        os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)
    if (server_folder / "demo").exists():
        DemoFolder(server_folder / "demo").end_leftovers()


@pytest.mark.timeout(600)
def test_it_becomes_ready_ends_cleanly_and_resumes_after_a_kill(
    server_folder: Path, runs: list[Run]
) -> None:
    folder, port = server_folder / "demo", str(free_port())
    runs.append(Run(folder, FLEET_DEMO_PORT=port))
    address, _password = runs[-1].await_ready()
    assert address == f"http://127.0.0.1:{port}/"
    assert urllib.request.urlopen(address, timeout=10).status == 200
    os.kill(runs[-1].process.pid, signal.SIGKILL)
    runs[-1].process.wait(5)

    runs.append(Run(folder, FLEET_DEMO_PORT=port))

    assert runs[-1].await_ready()[0] == address
    assert runs[-1].end(signal.SIGINT) == []
    assert runs[-1].process.returncode == 0
    assert not list(folder.glob("*/data/postmaster.pid"))


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("FLEET_DEMO_REGIONS", "2", "write a whole number from 3 to 100"),
        ("FLEET_DEMO_REGIONS", "101", "write a whole number from 3 to 100"),
        ("FLEET_DEMO_REGIONS", "many", "write a whole number from 3 to 100"),
        ("FLEET_DEMO_PORT", "http", "write a port from 1 to 65535"),
        ("FLEET_DEMO_DIR", "/tmp/" + "x" * 60, "too long a path"),
    ],
)
def test_it_refuses_a_wrong_variable_with_a_sentence(
    server_folder: Path, runs: list[Run], variable: str, value: str, sentence: str
) -> None:
    runs.append(Run(server_folder / "demo", **{variable: value}))

    assert runs[-1].process.wait(20) == 1
    assert sentence in runs[-1].lines[-1]
