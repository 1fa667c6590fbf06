"""What a server that means no good can do over HTTP: nothing but end in a sentence."""

from __future__ import annotations

import itertools
import json
import resource
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fleet.demo.servers import LOOPBACK
from fleet.demo.ssh import SshServer
from fleet.exports.ways import landing, pace, web
from fleet.exports.ways.dicomweb import DicomwebWay
from fleet.exports.ways.landing import part_of
from fleet.exports.ways.orthanc import OrthancWay
from fleet.exports.ways.reach import Line, Reach
from fleet.exports.ways.way import Found, Instance, StudyKey, Trouble, WayFailed
from fleet.exports.ways.web import WebSource
from tests.fleet.exports.ways.conftest import line_through
from tests.rig.hostile_web import HostileWeb, Script, answer

pytestmark = pytest.mark.integration
Hostile = Callable[[Script], HostileWeb]
Failing = Callable[[Script], WayFailed]
NAME = "0badcafe-0badcafe-0badcafe-0badcafe-0badcafe"
MD5_OF_ABC = "900150983cd24fb0d6963f7d28e17f72"
STUDY = Found(NAME)
WEB_STUDY = Found("1.2.3")
ABC = Instance(NAME, 3, MD5_OF_ABC)
OCTETS = 'Content-Type: multipart/related; type="application/dicom"; boundary=b\r\n'
WHOLE = b"--b\r\nContent-Type: application/dicom\r\n\r\nabc\r\n--b--\r\n"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUTS", dict.fromkeys(web.TIMEOUTS, 0.5))
    monkeypatch.setattr(pace, "WITHIN_S", 0.5)
    monkeypatch.setattr(landing, "LONGEST_INSTANCE", 100_000)
    monkeypatch.setattr(web, "LONGEST_ANSWER", 100_000)


def always(*pieces: bytes) -> Script:
    return lambda _path: pieces


def endless(piece: bytes = b"x" * 4096, head: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Script:
    return lambda _path: itertools.chain([head], itertools.repeat(piece))


def drip(_path: str) -> Iterable[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in itertools.count():
        time.sleep(0.05)
        yield f"X-{number}: x\r\n".encode()


@pytest.fixture
def looking_up(hostile: Hostile, reach: Reach) -> Failing:
    def look_up(script: Script) -> WayFailed:
        source = WebSource("alpha 1", LOOPBACK, hostile(script).port, password="secret")
        with OrthancWay(reach, source) as way, pytest.raises(WayFailed) as caught:
            way.look_up(StudyKey("A-1", "1.2.3"))
        return caught.value

    return look_up


@pytest.fixture
def fetching(hostile: Hostile, reach: Reach, tmp_path: Path) -> Failing:
    """Return a function: (script) -> how fetching the three bytes "abc" fails."""

    def fetch(script: Script) -> WayFailed:
        source = WebSource("alpha 1", LOOPBACK, hostile(script).port)
        with OrthancWay(reach, source) as way, pytest.raises(WayFailed) as caught:
            way.fetch(STUDY, ABC, tmp_path / "1", lambda _n: None)
        assert not (tmp_path / "1").exists()
        return caught.value

    return fetch


@pytest.fixture
def web_fetching(hostile: Hostile, reach: Reach, tmp_path: Path) -> Callable[[Script], bytes]:
    """Return a function: (script) -> what DICOMweb fetches."""

    def fetch(script: Script) -> bytes:
        source = WebSource("alpha 1", LOOPBACK, hostile(script).port, "/dicom-web")
        with DicomwebWay(reach, source) as way:
            way.fetch(WEB_STUDY, Instance("1.2/3.4"), tmp_path / "1", lambda _n: None)
        return (tmp_path / "1").read_bytes()

    return fetch


@pytest.mark.parametrize(
    "content",
    [
        b"<html>Log in, please</html>",
        b"{}",
        b'["x"]',
        b'[{"Type": "Study", "ID": "../../etc/passwd"}]',
        b"[" * 50_000,
        b'[{"Type": "Study"}]',
    ],
)
def test_it_refuses_what_is_no_answer_of_orthanc(looking_up: Failing, content: bytes) -> None:
    failure = looking_up(always(answer(content)))

    assert failure.kind is Trouble.PROTOCOL
    assert "alpha 1 answers something else" in failure.sentence


@pytest.mark.parametrize("number", ["1e999", '"9e9"', "-1", "null", "true", '"' + "9" * 5000 + '"'])
def test_it_refuses_numbers_that_are_none(looking_up: Failing, number: str) -> None:
    known = json.dumps([{"Type": "Study", "ID": NAME}]).encode()
    figures = f'{{"CountInstances": {number}, "DicomUncompressedSize": 1}}'.encode()

    failure = looking_up(lambda path: [answer(known if "lookup" in path else figures)])

    assert failure.kind is Trouble.PROTOCOL


def test_it_follows_no_redirect(hostile: Hostile, looking_up: Failing) -> None:
    other = hostile(always(answer(b"[]")))
    where = f"Location: http://{LOOPBACK}:{other.port}/\r\n"

    failure = looking_up(always(answer(b"", "302 Found", headers=where)))

    assert failure.kind is Trouble.CONFIGURATION
    assert "not followed" in failure.sentence
    assert other.paths == []


@pytest.mark.parametrize("greeting", [b"\0" * 200_000, b"HTTP/1.1 9 x\r\n\r\n"])
def test_it_refuses_what_is_not_http(looking_up: Failing, greeting: bytes) -> None:
    assert looking_up(always(greeting, b"")).kind is Trouble.PROTOCOL


def test_it_does_not_unpack_what_is_packed(looking_up: Failing) -> None:
    packed = answer(b"x", headers="Content-Encoding: gzip\r\n")

    assert looking_up(always(packed)).kind is Trouble.PROTOCOL


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("503 Busy", Trouble.LINK),
        ("500 Broken", Trouble.PROTOCOL),
        ("403 No", Trouble.AUTH),
        ("206 Part", Trouble.PROTOCOL),
    ],
)
def test_it_says_with_which_error_it_answers(
    looking_up: Failing, status: str, kind: Trouble
) -> None:
    failure = looking_up(always(answer(b"", status)))

    assert failure.kind is kind
    assert status[:3] in failure.sentence


def test_it_ends_a_list_without_end(looking_up: Failing) -> None:
    failure = looking_up(endless())

    assert failure.kind is Trouble.PROTOCOL
    assert "does not come to an end" in failure.sentence


@pytest.mark.parametrize("script", [always(), drip], ids=["mute", "drip"])
def test_it_waits_for_nobody_for_ever(looking_up: Failing, script: Script) -> None:
    assert looking_up(script).kind is Trouble.TIMEOUT


def test_it_tries_again_when_the_connection_breaks_off(
    looking_up: Failing,
) -> None:
    failure = looking_up(always(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", b""))

    assert failure.kind is Trouble.LINK
    assert failure.is_passing


@pytest.mark.parametrize("content", [b"ab", b"abcd", b"abd", b""])
def test_it_keeps_nothing_that_is_not_the_instance(fetching: Failing, content: bytes) -> None:
    failure = fetching(always(answer(content)))

    assert failure.kind is Trouble.PROTOCOL


def test_it_stops_an_instance_without_end(fetching: Failing, tmp_path: Path) -> None:
    md5 = answer(MD5_OF_ABC.encode())

    failure = fetching(lambda path: [md5] if "md5" in path else endless()(path))

    assert "more bytes" in failure.sentence
    assert part_of(tmp_path / "1").stat().st_size == 0


def test_it_says_that_no_room_is_left(fetching: Failing) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2, before[1]))
    try:
        failure = fetching(always(answer(b"abc")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert failure.kind is Trouble.DISK_FULL
    assert "Make room there" in failure.sentence


def test_it_takes_the_one_part(web_fetching: Callable[[Script], bytes]) -> None:
    assert web_fetching(always(answer(WHOLE, headers=OCTETS))) == b"abc"


def test_it_takes_the_part_however_it_is_cut(web_fetching: Callable[[Script], bytes]) -> None:
    head = f"HTTP/1.1 200 OK\r\n{OCTETS}Transfer-Encoding: chunked\r\n\r\n".encode()
    pieces = [b"1\r\n%c\r\n" % octet for octet in WHOLE]

    assert web_fetching(always(head, *pieces, b"0\r\n\r\n")) == b"abc"


@pytest.mark.parametrize(
    "content",
    [
        WHOLE[:-8],
        WHOLE[:-4],
        b"",
        WHOLE.replace(b"--b", b"--c"),
        WHOLE.replace(b"--b--", b"--b\r\n\r\nsecond\r\n--b--"),
        b"--b\r\n" + b"X: x\r\n" * 10_000,
    ],
    ids=["no end", "half an end", "empty", "other boundary", "two parts", "endless head"],
)
def test_it_refuses_what_is_not_one_part(
    web_fetching: Callable[[Script], bytes], content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(WayFailed) as caught:
        web_fetching(always(answer(content, headers=OCTETS)))

    assert caught.value.kind is Trouble.PROTOCOL
    assert not (tmp_path / "1").exists()


def test_it_stops_a_part_without_end(web_fetching: Callable[[Script], bytes]) -> None:
    head = f"HTTP/1.1 200 OK\r\n{OCTETS}\r\n--b\r\n\r\n".encode()

    with pytest.raises(WayFailed) as caught:
        web_fetching(endless(head=head))

    assert "more bytes" in caught.value.sentence


def test_it_ends_a_list_that_tells_ever_new_names(hostile: Hostile, reach: Reach) -> None:
    numbers = itertools.count(1)

    def script(_path: str) -> Iterable[bytes]:
        uid = {"vr": "UI", "Value": ["1.2"]}
        page = [
            {"0020000E": uid, "00080018": {"vr": "UI", "Value": [f"1.{next(numbers)}"]}}
            for _ in range(500)
        ]
        return [answer(json.dumps(page).encode())]

    source = WebSource("alpha 1", LOOPBACK, hostile(script).port)
    with DicomwebWay(reach, source) as way, pytest.raises(WayFailed) as caught:
        way.instances(WEB_STUDY)

    assert caught.value.kind is Trouble.PROTOCOL


@pytest.mark.parametrize("lines", ["ssh", "direct"])
def test_it_frees_who_waits_when_it_is_closed(
    hostile: Hostile, gate: SshServer, tmp_path: Path, lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "TIMEOUTS", dict.fromkeys(web.TIMEOUTS, 60.0))
    begun = answer(bytes(50_000))[:100]
    server = hostile(lambda path: [answer(b"")] if "md5" in path else [begun])
    line = line_through(gate) if lines == "ssh" else Line("alpha 1", ())
    with Reach([line]) as reach, ThreadPoolExecutor(1) as pool:
        way = OrthancWay(reach, WebSource("alpha 1", LOOPBACK, server.port))
        instance = Instance(NAME, 50_000)
        begins = threading.Event()
        fetching = pool.submit(way.fetch, STUDY, instance, tmp_path / "1", lambda _n: begins.set())
        assert begins.wait(10)
        time.sleep(0.1)
        way.close()
        failure = fetching.exception(timeout=10)

    assert isinstance(failure, WayFailed)
    assert failure.kind is Trouble.LINK
