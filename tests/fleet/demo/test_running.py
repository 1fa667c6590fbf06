"""The demo that runs is found by its lock, and lends its center and its sham regions only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fleet.demo.folder import DemoFolder
from fleet.demo.running import adopt, demo_of_this_center, find_demo, write_environment
from fleet.demo.servers import ServerError
from fleet.demo.sham import ShamRegion

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

    with pytest.raises(ServerError, match="No demo runs here"):
        find_demo()


def test_it_knows_its_own_center_only(demo_folder: Path) -> None:
    with pytest.raises(ServerError, match="names another center than the demo's"):
        demo_of_this_center()


@pytest.mark.parametrize("code", ["real", "tver"])
def test_it_lends_no_region_but_its_own(demo_folder: Path, code: str) -> None:
    with pytest.raises(ServerError, match=f"“{code}” is no sham region of the demo"):
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
