"""The way through SFTP, from real servers with real files, and with what should not be there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet.demo.ssh import SshServer, available_kinds
from fleet.exports.ways import sftp
from fleet.exports.ways.landing import part_of
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.sftp import SftpWay
from fleet.exports.ways.sftp_folder import SftpSource
from fleet.exports.ways.way import Found, Instance, StudyKey, Trouble, WayFailed
from tests.fleet.exports.ways.conftest import line_through
from tests.rig.studies import make_study

pytestmark = pytest.mark.integration
STUDY = make_study("S-1")
KEY = StudyKey("S-1", STUDY.uid)
BIG = 700_001


@pytest.fixture(scope="module", params=available_kinds())
def server(request: pytest.FixtureRequest, rig_folder: Path) -> Iterator[SshServer]:
    root = rig_folder / f"shelf-{request.param}"
    root.mkdir(mode=0o755)
    folder = rig_folder / f"sftp-{request.param}"
    server = SshServer(folder, [], kind=request.param, archive=root)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def root(server: SshServer, rig_folder: Path) -> Path:
    """The folder that holds the studies' folders."""
    return rig_folder / f"shelf-{server.kind}"


@pytest.fixture
def shelf(root: Path) -> Iterator[Path]:
    """The study's folder, with three files of which one lies deeper."""
    folder = root / STUDY.uid
    (folder / "deeper").mkdir(parents=True)
    for number, file in enumerate(STUDY.files):
        (folder / ("deeper" if number == 2 else "") / f"IM{number}").write_bytes(file)
    yield folder
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.rmdir()


@pytest.fixture
def way(server: SshServer, shelf: Path) -> Iterator[SftpWay]:
    with (
        Reach([line_through(server)]) as reach,
        SftpWay(reach, SftpSource("alpha 1", "{study_uid}")) as way,
    ):
        yield way


def look_up(way: SftpWay) -> Found:
    found = way.look_up(KEY)
    assert found is not None
    return found


def failure_of(act: Callable[[], object]) -> WayFailed:
    with pytest.raises(WayFailed) as caught:
        act()
    assert STUDY.uid not in caught.value.sentence
    return caught.value


def find(way: SftpWay, name: str) -> tuple[Found, Instance]:
    found = look_up(way)
    [instance] = [one for one in way.instances(found) if one.name.endswith(f" {name}")]
    return found, instance


@pytest.fixture
def big(shelf: Path) -> bytes:
    """A file of many blocks in the study's folder, named BIG."""
    content = os.urandom(BIG)
    (shelf / "BIG").write_bytes(content)
    return content


def test_it_finds_a_study(way: SftpWay) -> None:
    found = look_up(way)

    assert (found.n_instances, found.n_bytes) == (3, STUDY.n_bytes)
    assert [one.name.partition(" ")[2] for one in way.instances(found)] == [
        "IM0",
        "IM1",
        "deeper/IM2",
    ]


def test_it_says_that_a_study_is_not_there(way: SftpWay, root: Path) -> None:
    (root / "1.2.4").mkdir(exist_ok=True)

    assert way.look_up(StudyKey("S-2", "1.2.3")) is None
    assert way.look_up(StudyKey("S-3", "1.2.4")) is None
    assert look_up(way).n_instances == 3


def test_it_fetches_every_file(way: SftpWay, tmp_path: Path) -> None:
    found = look_up(way)
    sizes: list[int] = []

    for number, instance in enumerate(way.instances(found)):
        way.fetch(found, instance, tmp_path / f"{number}", sizes.append)

    fetched = tuple(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert fetched == STUDY.files
    assert sum(sizes) == STUDY.n_bytes


def test_it_fetches_an_empty_file(way: SftpWay, shelf: Path, tmp_path: Path) -> None:
    (shelf / "EMPTY").touch()

    way.fetch(*find(way, "EMPTY"), tmp_path / "1", lambda _n: None)

    assert (tmp_path / "1").read_bytes() == b""


def test_it_goes_on_after_what_has_come(way: SftpWay, big: bytes, tmp_path: Path) -> None:
    sizes: list[int] = []
    part_of(tmp_path / "1").write_bytes(big[:500_000])

    way.fetch(*find(way, "BIG"), tmp_path / "1", sizes.append)

    assert (tmp_path / "1").read_bytes() == big
    assert sum(sizes) == BIG - 500_000 + sftp.UNTRUSTED_BYTES


def test_it_stops_when_it_is_told_to(way: SftpWay, big: bytes, tmp_path: Path) -> None:
    found, instance = find(way, "BIG")

    def stop(_n_bytes: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        way.fetch(found, instance, tmp_path / "1", stop)

    assert part_of(tmp_path / "1").stat().st_size > 0
    way.fetch(found, instance, tmp_path / "1", lambda _n: None)
    assert (tmp_path / "1").read_bytes() == big


@pytest.mark.parametrize("change", [b"", b"shorter", os.urandom(BIG + 1)])
def test_it_keeps_nothing_of_a_file_that_changed(
    way: SftpWay, shelf: Path, big: bytes, tmp_path: Path, change: bytes
) -> None:
    found, instance = find(way, "BIG")
    (shelf / "BIG").write_bytes(change)

    failure = failure_of(lambda: way.fetch(found, instance, tmp_path / "1", lambda _n: None))

    assert failure.kind is Trouble.PROTOCOL
    assert "changed since it was listed" in failure.sentence
    assert list(tmp_path.iterdir()) == []


def test_it_keeps_nothing_of_a_file_that_grows_meanwhile(
    way: SftpWay, shelf: Path, big: bytes, tmp_path: Path
) -> None:
    def grow(_n_bytes: int) -> None:
        with (shelf / "BIG").open("ab") as file:
            file.write(b"more")

    failure = failure_of(lambda: way.fetch(*find(way, "BIG"), tmp_path / "1", grow))

    assert "changed since it was listed" in failure.sentence


def test_it_names_a_file_that_was_written_anew_anew(way: SftpWay, shelf: Path) -> None:
    _found, before = find(way, "IM0")
    os.utime(shelf / "IM0", (1, 1))

    _found, after = find(way, "IM0")

    assert before.name != after.name


def test_it_says_that_a_file_was_deleted_meanwhile(
    way: SftpWay, shelf: Path, tmp_path: Path
) -> None:
    found, instance = find(way, "IM0")
    (shelf / "IM0").unlink()

    failure = failure_of(lambda: way.fetch(found, instance, tmp_path / "1", lambda _n: None))

    assert failure.kind is Trouble.GONE


def test_it_says_that_files_may_not_be_read(way: SftpWay, shelf: Path, tmp_path: Path) -> None:
    found, instance = find(way, "IM0")
    (shelf / "IM0").chmod(0)

    failure = failure_of(lambda: way.fetch(found, instance, tmp_path / "1", lambda _n: None))

    assert failure.kind is Trouble.AUTH


def link_to_passwd(folder: Path) -> None:
    (folder / "LINK").symlink_to("/etc/passwd")


def link_to_folder(folder: Path) -> None:
    (folder / "LINK").symlink_to("/etc")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "PIPE")


def newline(folder: Path) -> None:
    (folder / "IM\n4").touch()


def backslash(folder: Path) -> None:
    (folder / "..\\..\\IM4").touch()


@pytest.mark.parametrize("plant", [link_to_passwd, link_to_folder, pipe, newline, backslash])
def test_it_refuses_what_is_no_file(
    way: SftpWay, shelf: Path, plant: Callable[[Path], None]
) -> None:
    plant(shelf)

    failure = failure_of(lambda: way.look_up(KEY))

    assert failure.kind is Trouble.PROTOCOL
    assert "not followed" in failure.sentence


def test_it_follows_no_link_that_took_a_files_place(
    way: SftpWay, shelf: Path, tmp_path: Path
) -> None:
    found, instance = find(way, "IM0")
    (shelf / "IM0").unlink()
    (shelf / "IM0").symlink_to("/etc/passwd")

    failure = failure_of(lambda: way.fetch(found, instance, tmp_path / "1", lambda _n: None))

    assert "not followed" in failure.sentence
    assert not (tmp_path / "1").exists()


def test_it_follows_no_link_in_a_studys_place(way: SftpWay, root: Path) -> None:
    (root / "1.2.5").symlink_to(root / STUDY.uid)

    failure = failure_of(lambda: way.look_up(StudyKey("S-5", "1.2.5")))

    (root / "1.2.5").unlink()
    assert "not followed" in failure.sentence


def test_it_takes_names_that_mean_something_elsewhere(way: SftpWay, shelf: Path) -> None:
    names = {"CON", "nul", "C:", "~root", "-rf", "%2e%2e", "Снимок", ".hidden"}
    for name in names:
        (shelf / name).touch()
    (shelf / os.fsdecode(b"\xff\xfe")).touch()

    listed = {one.name.partition(" ")[2] for one in way.instances(look_up(way))}

    assert listed == names | {"\udcff\udcfe", "IM0", "IM1", "deeper/IM2"}


def test_it_lists_only_so_many_files(
    way: SftpWay, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "MOST_FILES", 200)
    for number in range(300):
        (shelf / f"{number}").touch()

    failure = failure_of(lambda: way.look_up(KEY))

    assert failure.kind is Trouble.CONFIGURATION
    assert "more than 200 files" in failure.sentence


def test_it_goes_only_so_deep(way: SftpWay, shelf: Path) -> None:
    (shelf / "1/2/3/4/5/6").mkdir(parents=True)

    assert "folders deeper than 4" in failure_of(lambda: way.look_up(KEY)).sentence


def test_it_says_that_its_root_is_not_there(server: SshServer) -> None:
    source = SftpSource("alpha 1", "nowhere/{study_uid}")
    with Reach([line_through(server)]) as reach, SftpWay(reach, source) as way:
        failure = failure_of(lambda: way.look_up(KEY))

    assert failure.kind is Trouble.CONFIGURATION
    assert "folder nowhere is not there" in failure.sentence


def test_it_says_that_there_is_no_sftp(gate: SshServer) -> None:
    with Reach([line_through(gate)]) as reach:
        way = SftpWay(reach, SftpSource("alpha 1", "{study_uid}"))
        failure = failure_of(lambda: way.look_up(KEY))

    assert failure.kind is Trouble.CONFIGURATION
    assert "does not offer SFTP" in failure.sentence
