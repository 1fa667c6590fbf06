"""Studies come whole over a line that is slow, stalls, and is cut again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.demo.orthanc import Orthanc
from fleet.demo.ssh import SshServer
from fleet.exports import fetching
from fleet.exports.journal import complete_files
from fleet.exports.ways.dimse_source import DimseSource
from fleet.exports.ways.orthanc import OrthancWay
from fleet.exports.ways.reach import Line, Reach
from fleet.exports.ways.sftp import SftpWay
from fleet.exports.ways.sftp_folder import SftpSource
from fleet.exports.ways.way import StudyKey
from fleet.exports.ways.web import WebSource
from tests.fleet.exports.ways.conftest import line_through
from tests.rig import dcmqrscp
from tests.rig.bad_line import BadLine, at_random
from tests.rig.dcmqrscp import Dcmqrscp
from tests.rig.fetcher import Fetcher, fetch_again
from tests.rig.studies import Study, digest, lasting, make_study

pytestmark = pytest.mark.integration
N_CUTS = 20
N_KILLS = 5


@pytest.fixture(autouse=True)
def short_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TICK_S", 0.02)
    monkeypatch.setattr(fetching, "REST_S", 0.02)


def bad_line(server: SshServer, study: Study, seed: int, n_cuts: int = N_CUTS) -> BadLine:
    """Return a line that is cut and stalls while the study comes."""
    return BadLine(
        (server.host, server.port),
        bytes_per_s=900_000,
        cuts=at_random(n_cuts, study.n_bytes, seed),
        stalls=at_random(3, study.n_bytes, seed + 1),
        stall_s=0.4,
    )


def through(line: BadLine, server: SshServer) -> Line:
    [hop] = line_through(server).hops
    return Line("alpha 1", (replace(hop, host=line.host, port=line.port),))


def hashes(files: Iterable[bytes]) -> list[str]:
    return sorted(hashlib.sha256(file).hexdigest() for file in files)


def fetched(folder: Path) -> list[str]:
    return hashes(file.read_bytes() for file in complete_files(folder) or [])


@pytest.fixture
def study() -> Study:
    return make_study("B-1", n_files=5, n_bytes=350_000)


@pytest.fixture
def shelf(study: Study, server_folder: Path) -> Iterator[SshServer]:
    """An SSH server with the study in a folder."""
    folder = server_folder / "shelf" / study.uid
    folder.mkdir(parents=True, mode=0o755)
    for number, file in enumerate(study.files):
        (folder / f"{number}").write_bytes(file)
    server = SshServer(server_folder / "sftp", [], archive=server_folder / "shelf")
    server.start()
    yield server
    server.stop()


def test_it_fetches_at_most_64_kib_twice_over_sftp(
    shelf: SshServer, study: Study, tmp_path: Path
) -> None:
    line = bad_line(shelf, study, seed=5)
    with Reach([through(line, shelf)]) as reach:
        source = SftpSource("alpha 1", "{study_uid}")
        fetch_again(lambda: SftpWay(reach, source), StudyKey("", study.uid), tmp_path)

    line.stop()
    assert fetched(tmp_path) == hashes(study.files)
    assert line.n_cuts == N_CUTS
    # Exchanging keys and listing the folder anew are in it.
    assert line.n_bytes - study.n_bytes <= N_CUTS * 64 * 2**10


def test_it_fetches_at_most_one_instance_twice_from_orthanc(
    gate: SshServer, orthanc: Orthanc, tmp_path: Path
) -> None:
    study = make_study("B-2", n_files=12, n_bytes=60_000)
    [name] = {orthanc.store(file)["ParentStudy"] for file in study.files}
    line = bad_line(gate, study, seed=6)
    source = WebSource("alpha 1", orthanc.host, orthanc.port, "", orthanc.user, orthanc.password)
    with Reach([through(line, gate)]) as reach:
        fetch_again(lambda: OrthancWay(reach, source), StudyKey("", study.uid), tmp_path)

    line.stop()
    orthanc.delete("studies", name)
    assert fetched(tmp_path) == hashes(study.files)
    assert line.n_cuts == N_CUTS
    assert line.n_bytes - study.n_bytes <= N_CUTS * max(map(len, study.files))


def test_it_fetches_at_most_64_kib_twice_when_the_worker_is_killed(
    shelf: SshServer, study: Study, tmp_path: Path
) -> None:
    line = bad_line(shelf, study, seed=7)
    [hop] = through(line, shelf).hops
    source = SftpSource("alpha 1", "{study_uid}")
    fetcher = Fetcher(hop, source, tmp_path / "raw", study.uid, tmp_path / "log")
    line.before_cut = fetcher.kill
    fetcher.start()
    fetcher.wait(150)

    fetcher.stop()
    line.stop()
    assert fetched(tmp_path / "raw") == hashes(study.files)
    assert len(fetcher.children()) == N_CUTS + 1
    assert line.n_bytes - study.n_bytes <= N_CUTS * 64 * 2**10


@pytest.fixture
def lasting_study() -> Study:
    study = make_study("B-3", n_files=6, n_bytes=150_000)
    return replace(study, files=tuple(map(lasting, study.files)))


@pytest.fixture
def orthanc_source(orthanc: Orthanc, lasting_study: Study) -> Iterator[WebSource]:
    [name] = {orthanc.store(file)["ParentStudy"] for file in lasting_study.files}
    yield WebSource("alpha 1", orthanc.host, orthanc.port, "", orthanc.user, orthanc.password)
    orthanc.delete("studies", name)


@pytest.fixture
def pacs_source(server_folder: Path, lasting_study: Study) -> Iterator[DimseSource]:
    if not dcmqrscp.is_installed():
        pytest.skip("DCMTK is not installed: apt-get install dcmtk.")
    server = Dcmqrscp(server_folder / "pacs", lasting_study.files)
    server.start()
    yield DimseSource("alpha 1", server.host, server.port, dcmqrscp.AE_TITLE)
    server.stop()


@pytest.mark.parametrize("source", ["orthanc_source", "pacs_source"])
def test_it_fetches_at_most_one_instance_twice_when_the_worker_is_killed(
    source: str, gate: SshServer, lasting_study: Study, tmp_path: Path, request
) -> None:
    files, archive = lasting_study.files, request.getfixturevalue(source)
    line = bad_line(gate, lasting_study, seed=8, n_cuts=N_KILLS)
    [hop] = through(line, gate).hops
    fetcher = Fetcher(hop, archive, tmp_path / "raw", lasting_study.uid, tmp_path / "log")
    line.before_cut = fetcher.kill
    fetcher.start()
    fetcher.wait(150)

    fetcher.stop()
    line.stop()
    came = [file.read_bytes() for file in complete_files(tmp_path / "raw") or []]
    assert sorted(map(digest, came)) == sorted(map(digest, files))
    assert len(fetcher.children()) == N_KILLS + 1
    assert line.n_bytes - lasting_study.n_bytes <= N_KILLS * max(map(len, files))
