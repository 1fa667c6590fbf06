from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from fleet.demo.children import Children
from fleet.demo.folder import DemoFolder, open_folder
from fleet.demo.servers import Process, ServerError


@pytest.fixture
def folder(server_folder: Path) -> DemoFolder:
    return open_folder(str(server_folder / "demo"))


@pytest.fixture
def children(folder: DemoFolder) -> Children:
    return Children(folder)


def child(folder: DemoFolder, name: str, script: str = "sleep 60") -> Process:
    return Process(name, ["sh", "-c", script], folder.log(name))


def test_it_names_a_child_that_ended_with_its_last_words(
    children: Children, folder: DemoFolder
) -> None:
    beat = child(folder, "beat", "sleep 0.5; echo no broker; exit 1")
    children.start(beat)
    psutil.wait_procs(beat.family(), timeout=5)

    with pytest.raises(ServerError, match=r"beat ended\.(.|\n)*no broker"):
        children.check()


def test_it_is_content_while_all_run(children: Children, folder: DemoFolder) -> None:
    keeper = child(folder, "keeper")
    children.start(keeper)

    children.check()

    children.stop_all()
    assert not keeper.is_running


def test_it_stops_the_last_started_first(
    children: Children, folder: DemoFolder, tmp_path: Path
) -> None:
    order = tmp_path / "order"
    for name in ("database", "worker"):
        script = f"trap 'echo {name} >> {order}; exit' TERM; echo up; sleep 60 & wait"
        one = child(folder, name, script)
        children.start(one, lambda log=one.log: log.read_text() == "up\n")

    children.stop_all()

    assert order.read_text().split() == ["worker", "database"]


def test_it_forgets_a_child_that_it_was_told_to_stop(
    children: Children, folder: DemoFolder
) -> None:
    server = child(folder, "SSH server")
    children.start(server)

    children.stop(server)

    children.check()
