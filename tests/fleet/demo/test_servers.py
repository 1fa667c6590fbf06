from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from fleet.demo.servers import (
    LOOPBACK,
    Process,
    ServerError,
    free_port,
    is_free,
    is_listening,
    make_folder,
    tail,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "subprocess.Popen(['sleep', '60'])\n"
    "print('up', flush=True)\n"
    "time.sleep(60)",
]


def test_it_starts_and_stops_a_child(tmp_path: Path) -> None:
    process = Process("sleeper", SLEEP, tmp_path / "log")
    process.start()
    assert process.is_running

    process.stop()

    assert not process.is_running


def test_it_kills_a_child_that_will_not_end_and_its_children(tmp_path: Path) -> None:
    process = Process("stubborn", STUBBORN, tmp_path / "log")
    process.start(lambda: tail(tmp_path / "log") == "up")
    family = [member.pid for member in process.family()]

    process.stop(timeout=0.2)

    assert len(family) == 2
    alive = [psutil.Process(pid).status() for pid in family if psutil.pid_exists(pid)]
    assert set(alive) <= {psutil.STATUS_ZOMBIE}


def test_it_says_the_last_words_of_a_child_that_ends(tmp_path: Path) -> None:
    process = Process("ghost", ["sh", "-c", "echo no licence; exit 3"], tmp_path / "log")

    with pytest.raises(ServerError, match=r"ghost ended at its start:\nno licence"):
        process.start(lambda: False)


def test_it_ends_a_child_that_is_never_ready(tmp_path: Path) -> None:
    process = Process("sleeper", SLEEP, tmp_path / "log")

    with pytest.raises(ServerError, match="was not ready within 0 s"):
        process.start(lambda: False, timeout=0.1)

    assert not process.is_running


def test_it_knows_a_listening_port(region_cluster: object) -> None:
    port = region_cluster.port

    assert is_listening(port)
    assert not is_free(port)


def test_it_finds_a_port_on_which_nothing_listens() -> None:
    port = free_port()

    assert is_free(port)
    assert not is_listening(port)
    assert LOOPBACK == "127.0.0.1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up its rights for servers")
def test_it_names_a_folder_that_the_unprivileged_account_cannot_reach(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    with pytest.raises(ServerError, match="cannot reach it"):
        make_folder(tmp_path / "servers")
