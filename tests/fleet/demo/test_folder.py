from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fleet.demo.folder import LONGEST, DemoFolder, open_folder
from fleet.demo.servers import Process, ServerError


@pytest.fixture
def folder(server_folder: Path) -> DemoFolder:
    return open_folder(str(server_folder / "demo"))


def test_it_makes_a_secret_once(folder: DemoFolder) -> None:
    assert folder.secret("oncall") == DemoFolder(folder.path).secret("oncall")
    assert folder.secret("oncall") != folder.secret("fleet_web")


def test_it_keeps_a_secret_from_others(folder: DemoFolder) -> None:
    assert stat.S_IMODE(folder.secret_file("oncall").stat().st_mode) == 0o600


def test_it_refuses_a_path_too_long_for_sockets() -> None:
    with pytest.raises(ServerError, match=f"at most {LONGEST} characters"):
        open_folder("/tmp/" + "x" * 60)


def test_it_refuses_a_folder_of_another_version(folder: DemoFolder) -> None:
    folder.check_version("one contract")
    folder.check_version("one contract")

    with pytest.raises(ServerError, match="another version of Fleet"):
        folder.check_version("another contract")


def test_it_lets_one_demo_in_at_a_time(folder: DemoFolder) -> None:
    second = "from fleet.demo.folder import open_folder\n"
    second += f"with open_folder({str(folder.path)!r}).locked(): pass"

    with folder.locked():
        done = subprocess.run([sys.executable, "-c", second], capture_output=True, text=True)

    assert "A demo already runs in" in done.stderr


def test_it_ends_what_a_killed_demo_left(folder: DemoFolder) -> None:
    process = Process("left over", ["sleep", "60"], folder.log("left over"))
    process.start()
    folder.remember(process)

    DemoFolder(folder.path).end_leftovers()

    assert not process.is_running


def test_it_spares_another_process_that_got_the_number(folder: DemoFolder) -> None:
    (folder.path / "pids" / "keeper").write_text(f"{os.getpid()} 1.5")

    folder.end_leftovers()

    assert psutil.pid_exists(os.getpid())


@pytest.mark.skipif(os.geteuid() != 0, reason="another owner needs root")
def test_it_refuses_a_folder_of_somebody_else(server_folder: Path) -> None:
    os.chown(server_folder, 12345, 12345)

    with pytest.raises(ServerError, match="somebody else's"):
        open_folder(str(server_folder))
