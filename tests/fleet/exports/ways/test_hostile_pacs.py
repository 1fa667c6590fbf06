"""What a PACS that means no good can do: nothing but end in a sentence."""

from __future__ import annotations

import copy
import itertools
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from fleet.demo.servers import LOOPBACK
from fleet.exports.ways import dimse, dimse_association, landing
from fleet.exports.ways.dimse import DimseWay
from fleet.exports.ways.dimse_source import DimseSource
from fleet.exports.ways.reach import Line, Reach
from fleet.exports.ways.way import StudyKey, Trouble, WayFailed
from tests.rig.hostile_pacs import Finding, HostilePacs, Sending, as_found, images_of
from tests.rig.studies import make_study

pytestmark = pytest.mark.integration
STUDY, OTHER = make_study("P-1", 1), make_study("P-2", 1)
[IMAGE], [STRANGER] = images_of(STUDY.files), images_of(OTHER.files)
Taking = Callable[..., WayFailed]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dimse_association, "ANSWER_WITHIN_S", 0.7)
    monkeypatch.setattr(landing, "LONGEST_INSTANCE", 100_000)
    monkeypatch.setattr(dimse, "MOST_INSTANCES", 30)


def find(question: Dataset) -> Iterable[Dataset]:
    yield as_found(IMAGE, question)


def send(_question: Dataset) -> Iterable[Dataset]:
    yield IMAGE


def take(port: int, folder: Path) -> None:
    with (
        Reach([Line("alpha 1", ())]) as reach,
        DimseWay(reach, DimseSource("alpha 1", LOOPBACK, port, "ARCHIVE")) as way,
    ):
        found = way.look_up(StudyKey("P-1", STUDY.uid))
        assert found is not None
        for number, instance in enumerate(way.instances(found)):
            way.fetch(found, instance, folder / f"{number}", lambda _n: None)


@pytest.fixture(scope="module")
def running_pacs() -> Iterator[HostilePacs]:
    pacs = HostilePacs()
    yield pacs
    pacs.stop()


@pytest.fixture
def pacs(running_pacs: HostilePacs) -> HostilePacs:
    """A PACS that has the study and sends its image."""
    running_pacs.finding, running_pacs.sending = find, send
    return running_pacs


@pytest.fixture
def taking(pacs: HostilePacs, tmp_path: Path) -> Taking:
    """Return a function: (finding, sending) -> how looking up, listing and fetching fails."""

    def fail(finding: Finding = find, sending: Sending = send) -> WayFailed:
        pacs.finding, pacs.sending = finding, sending
        with pytest.raises(WayFailed) as caught:
            take(pacs.port, tmp_path)
        assert not list(tmp_path.glob("[0-9]"))
        return caught.value

    return fail


def test_it_takes_what_is_sent_in_good_faith(pacs: HostilePacs, tmp_path: Path) -> None:
    take(pacs.port, tmp_path)

    assert images_of([(tmp_path / "0").read_bytes()])[0].PixelData == IMAGE.PixelData


def test_it_refuses_another_image(taking: Taking) -> None:
    failure = taking(sending=lambda _question: [STRANGER])

    assert failure.kind is Trouble.PROTOCOL
    assert "than the image that it was asked for" in failure.sentence


def test_it_refuses_a_second_image(taking: Taking) -> None:
    failure = taking(sending=lambda _question: [IMAGE, STRANGER])

    assert "than the image that it was asked for" in failure.sentence


def test_it_says_that_nothing_was_sent(taking: Taking) -> None:
    assert taking(sending=lambda _question: []).kind is Trouble.GONE


def test_it_stops_an_image_without_end(taking: Taking) -> None:
    huge = copy.deepcopy(IMAGE)
    huge.DataSetTrailingPadding = bytes(200_000)

    assert "more bytes" in taking(sending=lambda _question: [huge]).sentence


def test_it_ignores_studies_that_were_not_asked_for(pacs: HostilePacs) -> None:
    def find_all(question: Dataset) -> Iterable[Dataset]:
        yield as_found(STRANGER, question)
        yield as_found(IMAGE, question)

    pacs.finding = find_all
    with Reach([Line("alpha 1", ())]) as reach:
        found = DimseWay(reach, DimseSource("alpha 1", LOOPBACK, pacs.port, "ARCHIVE")).look_up(
            StudyKey("P-1", STUDY.uid)
        )

    assert found is not None
    assert found.handle == STUDY.uid


def test_it_ends_a_list_without_end(taking: Taking) -> None:
    def find_on(question: Dataset) -> Iterable[Dataset]:
        return itertools.repeat(as_found(IMAGE, question))

    failure = taking(find_on)

    assert failure.kind is Trouble.PROTOCOL
    assert "does not come to an end" in failure.sentence


def test_it_ends_series_without_end(taking: Taking) -> None:
    def find_ever_more(question: Dataset) -> Iterable[Dataset]:
        answer = as_found(IMAGE, question)
        if question.QueryRetrieveLevel == "STUDY":
            return [answer]
        if question.QueryRetrieveLevel == "IMAGE":
            answer.SOPInstanceUID = generate_uid()
        return [answer] * 20 if question.QueryRetrieveLevel == "IMAGE" else _series(answer, 20)

    assert "does not come to an end" in taking(find_ever_more).sentence


def _series(answer: Dataset, n: int) -> Iterable[Dataset]:
    for _ in range(n):
        answer.SeriesInstanceUID = generate_uid()
        yield answer


def test_it_refuses_images_with_the_same_uid(taking: Taking) -> None:
    def find_twice(question: Dataset) -> Iterable[Dataset]:
        n = 2 if question.QueryRetrieveLevel == "IMAGE" else 1
        return [as_found(IMAGE, question)] * n

    failure = taking(find_twice)

    assert failure.kind is Trouble.PROTOCOL
    assert "under the same UID" in failure.sentence


@pytest.mark.parametrize("level", ["SERIES", "IMAGE"])
def test_it_refuses_uids_that_are_none(taking: Taking, level: str) -> None:
    def find_nonsense(question: Dataset) -> Iterable[Dataset]:
        answer = as_found(IMAGE, question)
        if question.QueryRetrieveLevel == level:
            tag = 0x0020000E if level == "SERIES" else 0x00080018
            answer.add_new(tag, "LO", "../../etc/passwd")
        yield answer

    assert taking(find_nonsense).kind is Trouble.PROTOCOL


def test_it_waits_for_nobody_for_ever(taking: Taking) -> None:
    def sleep(_question: Dataset) -> Iterable[Dataset]:
        time.sleep(2)
        return []

    assert taking(sending=sleep).kind is Trouble.TIMEOUT


def test_it_lets_go_when_it_is_closed(
    pacs: HostilePacs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dimse_association, "ANSWER_WITHIN_S", 30)
    asked = threading.Event()

    def be_mute(_question: Dataset) -> Iterable[Dataset]:
        asked.set()
        time.sleep(1)
        return []

    pacs.sending = be_mute
    with (
        Reach([Line("alpha 1", ())]) as reach,
        DimseWay(reach, DimseSource("alpha 1", LOOPBACK, pacs.port, "ARCHIVE")) as way,
        ThreadPoolExecutor(1) as pool,
    ):
        found = way.look_up(StudyKey("P-1", STUDY.uid))
        assert found is not None
        [instance] = way.instances(found)
        fetching = pool.submit(way.fetch, found, instance, tmp_path / "1", lambda _n: None)
        asked.wait(5)
        way.close()

        assert isinstance(fetching.exception(timeout=0.5), WayFailed)


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[Callable[[bytes], WayFailed]]:
    """Return a function: (what is sent to whoever connects) -> how looking up fails."""
    servers: list[socketserver.TCPServer] = []

    def fail(said: bytes) -> WayFailed:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.recv(65_536)
                self.request.sendall(said)
                self.request.recv(1)

        servers.append(socketserver.ThreadingTCPServer((LOOPBACK, 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.05,), daemon=True).start()
        with pytest.raises(WayFailed) as caught:
            take(servers[-1].server_address[1], tmp_path)
        return caught.value

    yield fail
    for server in servers:
        server.shutdown()
        server.server_close()


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(body)) + body


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\xff" * 1000,
        pdu(2, b""),
        pdu(2, b"\0" * 100),
        pdu(2, b"\0\1" + b"\0" * 66 + b"\x21\0\xff\xff" * 50),
        pdu(2, b"\0\1" + b"\0" * 66 + struct.pack(">BxHBxxx", 0x21, 4, 7)),
        pdu(3, b"\0"),
        pdu(4, b"\0" * 50),
    ],
)
def test_it_refuses_what_is_no_answer(raw: Callable[[bytes], WayFailed], said: bytes) -> None:
    failure = raw(said)

    assert failure.kind in {Trouble.PROTOCOL, Trouble.CONFIGURATION}


def test_it_says_that_a_pacs_is_busy(raw: Callable[[bytes], WayFailed]) -> None:
    failure = raw(pdu(3, bytes([0, 2, 3, 1])))

    assert failure.is_passing
    assert "is busy" in failure.sentence


def test_it_says_that_a_pacs_does_not_know_us(raw: Callable[[bytes], WayFailed]) -> None:
    failure = raw(pdu(3, bytes([0, 1, 1, 3])))

    assert failure.kind is Trouble.AUTH
    assert "does not know our AE title FLEET" in failure.sentence


def test_it_says_that_a_pacs_hangs_up(raw: Callable[[bytes], WayFailed]) -> None:
    assert "our AE title FLEET" in raw(pdu(7, b"\0\0\0\0")).sentence
