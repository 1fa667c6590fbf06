"""Real archives behind a real SSH server, and one that answers whatever it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet.demo.orthanc import Orthanc, is_installed
from fleet.demo.ssh import SshServer
from fleet.exports.ways.reach import Line, Reach
from regions.ssh import Hop
from tests.rig.hostile_web import HostileWeb, Script
from tests.rig.studies import Study, make_study


def line_through(server: SshServer, name: str = "alpha 1") -> Line:
    """Return the way over this SSH server."""
    key = f"file:{server.private_key_path}"
    hop = Hop(server.host, server.port, server.user, key, "", server.host_key_line)
    return Line(name, (hop,))


@pytest.fixture(scope="session")
def orthanc(rig_folder: Path) -> Iterator[Orthanc]:
    """An archive with StorageCompression, which the files must not show."""
    if not is_installed():
        pytest.skip("Orthanc is not installed: apt-get install orthanc orthanc-dicomweb.")
    server = Orthanc(rig_folder / "ways-orthanc", StorageCompression=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def stored(orthanc: Orthanc) -> Iterator[Study]:
    """A study that the archive has."""
    study = make_study("A-1")
    names = {orthanc.store(file)["ParentStudy"] for file in study.files}
    yield study
    present = {known["ID"] for known in orthanc.studies()}
    for name in names & present:
        orthanc.delete("studies", name)


@pytest.fixture(scope="session")
def gate(rig_folder: Path) -> Iterator[SshServer]:
    """An SSH server that forwards to wherever it is asked to."""
    server = SshServer(rig_folder / "ways-ssh", [])
    server.start()
    yield server
    server.stop()


@pytest.fixture
def reach(gate: SshServer) -> Iterator[Reach]:
    with Reach([line_through(gate)]) as reach:
        yield reach


@pytest.fixture
def hostile() -> Iterator[Callable[[Script], HostileWeb]]:
    """Return a function: (path -> pieces of the answer) -> HostileWeb."""
    made: list[HostileWeb] = []

    def start(script: Script) -> HostileWeb:
        made.append(HostileWeb(script))
        return made[-1]

    yield start
    for server in made:
        server.stop()
