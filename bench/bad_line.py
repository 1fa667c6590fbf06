"""A study over a line of 1 Mbit/s that stalls and is cut twenty times, by three ways."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.report import Report
from fleet.demo.orthanc import Orthanc
from fleet.demo.servers import make_folder
from fleet.demo.ssh import SshServer
from fleet.exports.journal import complete_files
from fleet.exports.ways.dimse import DimseWay
from fleet.exports.ways.dimse_source import DimseSource
from fleet.exports.ways.orthanc import OrthancWay
from fleet.exports.ways.reach import Line, Reach
from fleet.exports.ways.sftp import SftpWay
from fleet.exports.ways.sftp_folder import SftpSource
from fleet.exports.ways.way import StudyKey, Way
from fleet.exports.ways.web import WebSource
from regions.ssh import Hop
from tests.rig import dcmqrscp
from tests.rig.bad_line import MBIT, BadLine, at_random
from tests.rig.dcmqrscp import Dcmqrscp
from tests.rig.fetcher import fetch_again
from tests.rig.studies import digest, lasting, make_study

N_CUTS, N_STALLS, STALL_S = 20, 4, 5.0
N_FILES, FILE_BYTES = 16, 350_000
KIB = 2**10
STUDY = make_study("bad-line", N_FILES, FILE_BYTES)


def main(folder: Path) -> None:
    report = Report("bad-line")
    files = list(map(lasting, STUDY.files))
    with _contour(folder, files) as contour:
        for kind, open_way in contour.ways.items():
            _measure(report, contour, kind, open_way, files)
    report.keep()


@dataclass
class Contour:
    """An SSH server, and the ways to the same study behind it."""

    folder: Path
    ssh: SshServer
    ways: dict[str, Callable[[Reach], Way]]


@contextmanager
def _contour(folder: Path, files: list[bytes]) -> Iterator[Contour]:
    archive = make_folder(folder / "archive")
    (archive / STUDY.uid).mkdir(mode=0o755)
    for number, file in enumerate(files):
        (archive / STUDY.uid / str(number)).write_bytes(file)
    ssh, orthanc = SshServer(folder / "ssh", [], archive=archive), Orthanc(folder / "orthanc")
    pacs = Dcmqrscp(folder / "pacs", files)
    servers = ssh, orthanc, pacs
    for server in servers:
        server.start()
    try:
        for file in files:
            orthanc.store(file)
        web = WebSource("bench", orthanc.host, orthanc.port, "", orthanc.user, orthanc.password)
        shelf = SftpSource("bench", "{study_uid}")
        source = DimseSource("bench", pacs.host, pacs.port, dcmqrscp.AE_TITLE)
        ways: dict[str, Callable[[Reach], Way]] = {
            "sftp": lambda reach: SftpWay(reach, shelf),
            "orthanc": lambda reach: OrthancWay(reach, web),
            "c-get": lambda reach: DimseWay(reach, source),
        }
        yield Contour(folder, ssh, ways)
    finally:
        for server in servers:
            server.stop()


def _measure(
    report: Report,
    contour: Contour,
    kind: str,
    open_way: Callable[[Reach], Way],
    files: list[bytes],
) -> None:
    ssh, n_bytes = contour.ssh, sum(map(len, files))
    line = BadLine(
        (ssh.host, ssh.port),
        bytes_per_s=MBIT,
        cuts=at_random(N_CUTS, n_bytes, seed=1),
        stalls=at_random(N_STALLS, n_bytes, seed=2),
        stall_s=STALL_S,
    )
    key = f"file:{ssh.private_key_path}"
    hop = Hop(line.host, line.port, ssh.user, key, "", ssh.host_key_line)
    started = time.perf_counter()
    with Reach([Line("bench", (hop,))]) as reach:
        fetch_again(lambda: open_way(reach), StudyKey("", STUDY.uid), contour.folder / kind)
    took = time.perf_counter() - started
    line.stop()
    fetched = [path.read_bytes() for path in complete_files(contour.folder / kind) or []]
    again = (line.n_bytes - sum(map(len, fetched))) / line.n_cuts / KIB
    report.add(f"{kind}: {n_bytes / 10**6:.1f} MB at 1 Mbit/s, cut {line.n_cuts} times", took, "s")
    report.add(f"{kind}: share of the line's rate", n_bytes / took / MBIT, "")
    mean = n_bytes / N_FILES / KIB
    what = f"{kind}: fetched twice per cut, handshakes included (a file has {mean:.0f} KiB)"
    report.add(what, again, "KiB")
    report.add(f"{kind}: files that came as they are", _n_equal(fetched, files), f"of {N_FILES}")


def _n_equal(fetched: list[bytes], files: list[bytes]) -> int:
    """Return how many are equal, but for what is said of the sender before the data set."""
    return len({digest(file) for file in fetched} & {digest(file) for file in files})
