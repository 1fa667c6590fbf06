"""What the demo refuses to start with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rig.demo_run import Run

pytestmark = pytest.mark.integration


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
    server_folder: Path, variable: str, value: str, sentence: str
) -> None:
    run = Run(server_folder / "demo", **{variable: value})

    assert run.process.wait(20) == 1
    assert sentence in run.lines[-1]
