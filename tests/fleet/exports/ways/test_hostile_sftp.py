"""What an SFTP server that means no good can do: nothing but end in a sentence."""

from __future__ import annotations

import itertools
import stat
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fleet.exports.ways import sftp_session
from fleet.exports.ways.reach import Line, Reach
from fleet.exports.ways.sftp import SftpWay
from fleet.exports.ways.sftp_folder import SftpSource
from fleet.exports.ways.sftp_messages import Kind
from fleet.exports.ways.way import StudyKey, Trouble, WayFailed
from tests.rig.hostile_sftp import (
    CONTENT,
    END,
    HostileSftp,
    Script,
    attributes,
    message,
    names,
    status,
    string,
)

pytestmark = pytest.mark.integration
Failing = Callable[[dict[Kind, Script]], WayFailed]
FILE = attributes()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sftp_session, "ANSWER_WITHIN_S", 0.5)


@pytest.fixture
def hostile(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[dict[Kind, Script]], SftpWay]]:
    """Return a function: (what is answered to which requests) -> the way there."""
    opened: list[tuple[HostileSftp, Reach, SftpWay]] = []

    def start(scripts: dict[Kind, Script]) -> SftpWay:
        server = HostileSftp(scripts, tmp_path_factory.mktemp("ssh") / "key")
        reach = Reach([Line("alpha 1", (server.hop,))])
        opened.append((server, reach, SftpWay(reach, SftpSource("alpha 1", "{study_uid}"))))
        return opened[-1][2]

    yield start
    for server, reach, way in opened:
        way.close()
        reach.close()
        server.stop()


@pytest.fixture
def taking(hostile: Callable[[dict[Kind, Script]], SftpWay], tmp_path: Path) -> Failing:
    """Return a function: (scripts) -> how looking up, listing and fetching fails."""

    def take(scripts: dict[Kind, Script]) -> WayFailed:
        with pytest.raises(WayFailed) as caught:
            fetch_all(hostile(scripts), tmp_path)
        assert not list(tmp_path.glob("[0-9]"))
        return caught.value

    return take


def fetch_all(way: SftpWay, folder: Path) -> None:
    found = way.look_up(StudyKey("A", "1.2.3"))
    assert found is not None
    for number, instance in enumerate(way.instances(found)):
        way.fetch(found, instance, folder / f"{number}", lambda _n: None)


def always(*pieces: bytes) -> Script:
    return lambda _number, _body: pieces


def data(number: int, content: bytes) -> bytes:
    return message(Kind.DATA, struct.pack(">I", number) + string(content))


def listing(*entries: tuple[bytes, bytes]) -> dict[Kind, Script]:
    """Return the script of a folder with these entries, told once and again."""
    answered = itertools.count()

    def list_it(number: int, _body: bytes) -> Iterable[bytes]:
        yield status(number, END) if next(answered) % 2 else names(number, *entries)

    return {Kind.READDIR: list_it}


def test_it_takes_what_is_sent_in_good_faith(
    hostile: Callable[[dict[Kind, Script]], SftpWay], tmp_path: Path
) -> None:
    fetch_all(hostile({}), tmp_path)

    assert (tmp_path / "0").read_bytes() == CONTENT


def test_it_takes_blocks_that_are_shorter_than_asked(
    hostile: Callable[[dict[Kind, Script]], SftpWay], tmp_path: Path
) -> None:
    def read(number: int, body: bytes) -> Iterable[bytes]:
        offset, length = struct.unpack(">QI", body[-12:])
        piece = CONTENT[offset : offset + min(length, 5000)]
        yield data(number, piece) if piece else status(number, END)

    fetch_all(hostile({Kind.READ: read}), tmp_path)

    assert (tmp_path / "0").read_bytes() == CONTENT


@pytest.mark.parametrize("size", [0, 1, len(CONTENT) - 1, len(CONTENT) + 1, 2**63])
def test_it_keeps_nothing_of_a_file_with_another_size(taking: Failing, size: int) -> None:
    lie = attributes(n_bytes=size)
    look: Script = lambda number, _body: [  # noqa: E731
        message(Kind.ATTRIBUTES, struct.pack(">I", number) + lie)
    ]

    failure = taking({**listing((b"IM0", lie)), Kind.FSTAT: look})

    assert failure.kind is Trouble.PROTOCOL
    assert "another size" in failure.sentence


@pytest.mark.parametrize(
    "name",
    [b"../../etc/passwd", b"/etc/passwd", b"a\0b", b"a\nb", b"..\\x", b"\x7f", b"", b"x" * 256],
)
def test_it_refuses_names_that_are_none(taking: Failing, name: bytes) -> None:
    failure = taking(listing((name, FILE)))

    assert failure.kind is Trouble.PROTOCOL
    assert "impossible names" in failure.sentence


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, 0])
def test_it_refuses_what_is_no_file(taking: Failing, mode: int) -> None:
    assert "not followed" in taking(listing((b"IM0", attributes(mode)))).sentence


def test_it_refuses_a_name_told_twice(taking: Failing) -> None:
    assert taking(listing((b"IM0", FILE), (b"IM0", FILE))).kind is Trouble.PROTOCOL


def test_it_opens_no_file_elsewhere(taking: Failing) -> None:
    def resolve(number: int, body: bytes) -> Iterable[bytes]:
        path = b"/etc/passwd" if body.endswith(b"IM0") else body[4:]
        yield names(number, (b"/studies" if path == b"." else path, FILE))

    assert "not followed" in taking({Kind.REALPATH: resolve}).sentence


def test_it_ends_a_folder_without_end(taking: Failing) -> None:
    numbers = itertools.count()

    def list_on(number: int, _body: bytes) -> Iterable[bytes]:
        yield names(number, *((b"%d" % next(numbers), FILE) for _ in range(1000)))

    failure = taking({Kind.READDIR: list_on})

    assert failure.kind is Trouble.CONFIGURATION
    assert "more than 20000 files" in failure.sentence


def test_it_ends_folders_without_a_bottom(taking: Failing) -> None:
    answered = itertools.count()

    def list_down(number: int, _body: bytes) -> Iterable[bytes]:
        entry = (b"deeper", attributes(stat.S_IFDIR))
        yield status(number, END) if next(answered) % 2 else names(number, entry)

    assert "folders deeper" in taking({Kind.READDIR: list_down}).sentence


def _extended(number: int) -> bytes:
    """Return the number, and a number of further things of which none is there."""
    return struct.pack(">III", number, 1 << 31, 0xFFFF_FFFF)


def drip(_number: int, _body: bytes) -> Iterable[bytes]:
    yield struct.pack(">I", 1000)
    while True:
        time.sleep(0.05)
        yield b"x"


@pytest.mark.parametrize(
    ("kind", "script"),
    [
        (Kind.INIT, always()),
        (Kind.LSTAT, drip),
        (Kind.READDIR, always()),
        (Kind.OPEN, always()),
        (Kind.READ, drip),
    ],
)
def test_it_waits_for_nobody_for_ever(taking: Failing, kind: Kind, script: Script) -> None:
    failure = taking({kind: script})

    # Whose OPEN is passed over answers the next question first.
    assert failure.kind is (Trouble.PROTOCOL if kind is Kind.OPEN else Trouble.TIMEOUT)


@pytest.mark.parametrize(
    ("kind", "script"),
    [
        (Kind.INIT, always(b"\xff" * 100_000)),
        (Kind.INIT, always(b"Welcome to our server\r\n" * 10)),
        (Kind.INIT, always(message(Kind.VERSION, b"\0\0\0\2"))),
        (Kind.LSTAT, always(b"\xff" * 100_000)),
        (Kind.LSTAT, always(message(Kind.STATUS, b"\0\0\0\1"))),
        (Kind.LSTAT, lambda number, _body: [status(number, 0)]),
        (Kind.LSTAT, lambda number, _body: [message(Kind.ATTRIBUTES, _extended(number))]),
        (Kind.READDIR, lambda number, _body: [names(number)]),
        (Kind.READDIR, lambda number, _body: [message(Kind.NAME, _extended(number))]),
        (Kind.READDIR, lambda number, _body: [data(number, b"")]),
        (Kind.READ, lambda number, _body: [data(number, b"x" * 40_000)]),
        (Kind.READ, lambda number, _body: [data(number, b"")]),
        (Kind.READ, lambda number, _body: [data(number + 1000, b"x" * 32_768)]),
        (Kind.READ, lambda number, _body: [status(number, 0)]),
    ],
)
def test_it_refuses_what_is_no_answer(taking: Failing, kind: Kind, script: Script) -> None:
    failure = taking({kind: script})

    assert failure.kind is Trouble.PROTOCOL
    assert "what no SFTP server may" in failure.sentence


def test_it_ends_blocks_of_one_byte(taking: Failing) -> None:
    assert taking({Kind.READ: lambda number, _body: [data(number, b"x")]}).kind is Trouble.PROTOCOL


@pytest.mark.parametrize(
    ("code", "kind"), [(2, Trouble.GONE), (3, Trouble.AUTH), (4, Trouble.PROTOCOL)]
)
def test_it_says_why_a_server_refuses(taking: Failing, code: int, kind: Trouble) -> None:
    assert taking({Kind.READ: lambda number, _body: [status(number, code)]}).kind is kind


def test_it_lets_go_when_it_is_closed(
    hostile: Callable[[dict[Kind, Script]], SftpWay],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sftp_session, "ANSWER_WITHIN_S", 30)
    asked = threading.Event()

    def be_mute(_number: int, _body: bytes) -> Iterable[bytes]:
        asked.set()
        return []

    way = hostile({Kind.READ: be_mute})
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(fetch_all, way, tmp_path)
        asked.wait(5)
        way.close()

        assert isinstance(fetching.exception(timeout=0.5), WayFailed)
