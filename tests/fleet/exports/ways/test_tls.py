"""Archives that speak TLS alone, and those that are not who they should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.demo.orthanc import Orthanc
from fleet.demo.servers import LOOPBACK
from fleet.demo.ssh import SshServer
from fleet.exports.ways import tls
from fleet.exports.ways.dicomweb import DicomwebWay
from fleet.exports.ways.dimse import DimseWay
from fleet.exports.ways.dimse_source import DimseSource
from fleet.exports.ways.orthanc import OrthancWay
from fleet.exports.ways.reach import Line, Reach
from fleet.exports.ways.tls import Certificate
from fleet.exports.ways.way import StudyKey, Trouble, Way, WayFailed
from fleet.exports.ways.web import WebSource
from tests.rig import dcmqrscp
from tests.rig.dcmqrscp import Dcmqrscp
from tests.rig.hostile_web import HostileWeb
from tests.rig.studies import Study, digest, lasting, make_study
from tests.rig.tls_front import Authority, TlsFront

pytestmark = pytest.mark.integration
KEY = StudyKey("A-1", "1.2.3")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca.pem")


@pytest.fixture
def front(authority: Authority, tmp_path: Path) -> Iterator[Callable[..., tuple[str, int]]]:
    """Return a function: (target_port, address in the certificate) -> (fingerprint, port)."""
    fronts: list[TlsFront] = []

    def start(target_port: int, address: str = LOOPBACK) -> tuple[str, int]:
        file = tmp_path / "archive.pem"
        fingerprint = authority.sign(address, file)
        fronts.append(TlsFront(file, target_port))
        return fingerprint, fronts[-1].port

    yield start
    for started in fronts:
        started.stop()


def source_on(port: int, known_by: object, **fields: object) -> WebSource:
    source = WebSource("alpha 1", LOOPBACK, port, password="secret", username="fleet")
    known = Certificate("The study source alpha 1", str(known_by))
    return replace(source, certificate=known, **fields)  # type: ignore[arg-type]


def failure_of(reach: Reach, source: WebSource) -> WayFailed:
    with OrthancWay(reach, source) as way, pytest.raises(WayFailed) as caught:
        way.look_up(KEY)
    return caught.value


def fetch_all(way: Way, study: Study, folder: Path) -> list[bytes]:
    found = way.look_up(StudyKey(study.accession, study.uid))
    assert found is not None
    for number, instance in enumerate(way.instances(found)):
        way.fetch(found, instance, folder / f"{number}.dcm", lambda _n: None)
    return sorted(path.read_bytes() for path in folder.glob("*.dcm"))


@pytest.mark.parametrize(("kind", "path"), [(OrthancWay, ""), (DicomwebWay, "/dicom-web")])
def test_it_fetches_from_an_archive_whose_ca_it_knows(
    kind, path, orthanc: Orthanc, stored: Study, front, authority, reach, tmp_path
) -> None:
    _fingerprint, port = front(orthanc.port)
    login = {"username": orthanc.user, "password": orthanc.password, "base_path": path}

    with kind(reach, source_on(port, f"file:{authority.file}", **login)) as way:
        assert fetch_all(way, stored, tmp_path) == sorted(stored.files)


@pytest.mark.parametrize("spell", [str.lower, lambda digits: ":".join(_pairs(digits)).upper()])
def test_it_fetches_over_a_direct_path_by_a_fingerprint(
    spell, orthanc: Orthanc, front, tmp_path
) -> None:
    large = make_study("A-3", 1, 3_000_000)
    name = orthanc.store(large.files[0])["ParentStudy"]
    fingerprint, port = front(orthanc.port, "192.0.2.1")
    login = {"username": orthanc.user, "password": orthanc.password}
    source = source_on(port, f"sha256:{spell(fingerprint)}", **login)

    with Reach([Line("alpha 1", ())]) as reach, OrthancWay(reach, source) as way:
        assert fetch_all(way, large, tmp_path) == [*large.files]
    orthanc.delete("studies", name)


def test_it_speaks_dicom_within_tls(front, authority, reach, server_folder, tmp_path) -> None:
    if not dcmqrscp.is_installed():
        pytest.skip("DCMTK is not installed: apt-get install dcmtk.")
    study = make_study("A-4", 2)
    files = list(map(lasting, study.files))
    server = Dcmqrscp(server_folder / "pacs", files)
    server.start()
    _fingerprint, port = front(server.port)
    known = Certificate("The study source alpha 1", f"file:{authority.file}")
    source = DimseSource("alpha 1", LOOPBACK, port, dcmqrscp.AE_TITLE, certificate=known)

    with DimseWay(reach, source) as way:
        came = fetch_all(way, study, tmp_path)
    server.stop()
    assert sorted(map(digest, came)) == sorted(map(digest, files))


def _pairs(digits: str) -> list[str]:
    return [digits[i : i + 2] for i in range(0, len(digits), 2)]


@pytest.fixture
def silent(hostile) -> HostileWeb:
    """An archive that would take down every request that it gets."""
    return hostile(lambda _path: [b""])


def test_it_says_nothing_to_an_archive_of_another_fingerprint(front, silent, reach) -> None:
    fingerprint, port = front(silent.port)

    failure = failure_of(reach, source_on(port, "sha256:" + "0" * 64))

    assert failure.kind is Trouble.AUTH
    assert f"shows the certificate sha256:{fingerprint}, but sha256:0000" in failure.sentence
    assert silent.paths == []


def test_it_says_nothing_to_an_archive_of_another_ca(front, silent, reach, tmp_path) -> None:
    _fingerprint, port = front(silent.port)
    other = Authority(tmp_path / "other.pem")

    failure = failure_of(reach, source_on(port, f"file:{other.file}"))

    assert failure.kind is Trouble.AUTH
    assert "other.pem does not vouch" in failure.sentence
    assert silent.paths == []


def test_it_refuses_a_certificate_for_another_address(front, silent, authority, reach) -> None:
    _fingerprint, port = front(silent.port, "192.0.2.1")

    failure = failure_of(reach, source_on(port, f"file:{authority.file}"))

    assert failure.kind is Trouble.AUTH
    assert "another name than 127.0.0.1" in failure.sentence


def test_it_names_a_file_of_a_ca_that_cannot_be_read(front, silent, reach, tmp_path) -> None:
    _fingerprint, port = front(silent.port)
    (tmp_path / "no.pem").write_text("no certificate")

    missing = failure_of(reach, source_on(port, f"file:{tmp_path}/missing.pem"))
    wrong = failure_of(reach, source_on(port, f"file:{tmp_path}/no.pem"))

    assert missing.kind is wrong.kind is Trouble.CONFIGURATION
    assert "missing.pem cannot be read (No such file" in missing.sentence
    assert "no.pem cannot be read (it is no PEM)" in wrong.sentence


def test_it_says_that_a_server_speaks_no_tls(gate: SshServer, reach) -> None:
    failure = failure_of(reach, source_on(gate.port, "sha256:" + "0" * 64))

    assert failure.kind is Trouble.CONFIGURATION
    assert "does not speak TLS as we do on that port" in failure.sentence


def test_it_does_not_wait_for_a_mute_archive(hostile, reach, monkeypatch) -> None:
    monkeypatch.setattr(tls, "HANDSHAKE_WITHIN_S", 0.2)

    failure = failure_of(reach, source_on(hostile(lambda _path: []).port, "sha256:" + "0" * 64))

    assert failure.kind is Trouble.TIMEOUT
    assert "does not answer the TLS handshake" in failure.sentence
