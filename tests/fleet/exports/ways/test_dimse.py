"""The way through C-FIND and C-GET, from two real PACS behind a real SSH server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from fleet.demo import orthanc
from fleet.demo.orthanc import Orthanc
from fleet.demo.servers import free_port
from fleet.exports.ways.dimse import DimseWay
from fleet.exports.ways.dimse_source import DimseSource
from fleet.exports.ways.landing import part_of
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.way import Found, StudyKey, Trouble, WayFailed
from tests.rig import dcmqrscp
from tests.rig.dcmqrscp import Dcmqrscp
from tests.rig.studies import make_study

pytestmark = pytest.mark.integration
STUDY, OTHER = make_study("D-1"), make_study("D-2", n_files=1)
FILES = [*STUDY.files, *OTHER.files]
KEY = StudyKey("D-1", STUDY.uid)
OpenWay = Callable[..., DimseWay]


@pytest.fixture(scope="module")
def dcmtk_source(rig_folder: Path) -> Iterator[DimseSource]:
    if not dcmqrscp.is_installed():
        pytest.skip("DCMTK is not installed: apt-get install dcmtk.")
    server = Dcmqrscp(rig_folder / "dcmqrscp", FILES)
    server.start()
    yield DimseSource("alpha 1", server.host, server.port, dcmqrscp.AE_TITLE)
    server.stop()


@pytest.fixture(scope="module")
def orthanc_source(rig_folder: Path) -> Iterator[DimseSource]:
    if not orthanc.is_installed():
        pytest.skip("Orthanc is not installed: apt-get install orthanc orthanc-dicomweb.")
    port = free_port()
    server = Orthanc(
        rig_folder / "pacs",
        DicomServerEnabled=True,
        DicomPort=port,
        DicomAet="ARCHIVE",
        DicomCheckCalledAet=True,
        DicomModalities={"fleet": ["FLEET", "127.0.0.1", 11112]},
    )
    server.start()
    for file in FILES:
        server.store(file)
    yield DimseSource("alpha 1", server.host, port, "ARCHIVE")
    server.stop()


@pytest.fixture(params=["dcmtk", "orthanc"])
def source(request: pytest.FixtureRequest) -> DimseSource:
    source: DimseSource = request.getfixturevalue(f"{request.param}_source")
    return source


@pytest.fixture
def open_way(source: DimseSource, reach: Reach) -> Iterator[OpenWay]:
    """Return a function: (**fields of the source) -> the way to the PACS."""
    ways: list[DimseWay] = []

    def open_it(**fields: object) -> DimseWay:
        ways.append(DimseWay(reach, replace(source, **fields)))  # type: ignore[arg-type]
        return ways[-1]

    yield open_it
    for way in ways:
        way.close()


@pytest.fixture
def way(open_way: OpenWay) -> DimseWay:
    return open_way()


def look_up(way: DimseWay) -> Found:
    found = way.look_up(KEY)
    assert found is not None
    return found


def failure_of(act: Callable[[], object]) -> WayFailed:
    with pytest.raises(WayFailed) as caught:
        act()
    return caught.value


def test_it_finds_a_study_by_uid(way: DimseWay) -> None:
    assert look_up(way).n_instances in {3, None}
    assert way.look_up(StudyKey("D-1", "1.2.3")) is None


def test_it_finds_a_study_by_an_attribute(open_way: OpenWay) -> None:
    way = open_way(lookup_tag="0008,0050")

    found = way.look_up(StudyKey("D-2"))

    assert found is not None
    assert found.handle == OTHER.uid
    assert way.look_up(StudyKey("D-")) is None


def test_it_asks_for_an_attribute_that_names_one_study(open_way: OpenWay) -> None:
    failure = failure_of(lambda: open_way(lookup_tag="0010,0020").look_up(StudyKey("1CT1")))

    assert failure.kind is Trouble.CONFIGURATION
    assert "more than one study" in failure.sentence


def test_it_fetches_every_file(way: DimseWay, tmp_path: Path) -> None:
    found = look_up(way)
    sizes: list[int] = []

    for number, instance in enumerate(way.instances(found)):
        way.fetch(found, instance, tmp_path / f"{number}", sizes.append)

    fetched = [pydicom.dcmread(path) for path in sorted(tmp_path.iterdir())]
    sent = [pydicom.dcmread(BytesIO(file)) for file in STUDY.files]
    for dataset in sent:
        # A PACS leaves it away when it sends.
        del dataset.DataSetTrailingPadding
    originals = {dataset.SOPInstanceUID: dataset for dataset in sent}
    assert len(fetched) == 3
    assert all(one == originals[one.SOPInstanceUID] for one in fetched)
    assert sum(sizes) == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_it_stops_when_it_is_told_to(way: DimseWay, tmp_path: Path) -> None:
    found = look_up(way)
    instance, *_others = way.instances(found)

    def stop(_n_bytes: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        way.fetch(found, instance, tmp_path / "1", stop)

    assert part_of(tmp_path / "1").exists()
    way.fetch(found, instance, tmp_path / "1", lambda _n: None)
    assert pydicom.dcmread(tmp_path / "1").StudyInstanceUID == STUDY.uid


def test_it_says_that_an_image_is_not_there(way: DimseWay, tmp_path: Path) -> None:
    found = look_up(way)
    instance, *_others = way.instances(found)
    series, _name, kind = instance.name.split("/")
    gone = replace(instance, name=f"{series}/1.2.3/{kind}")

    failure = failure_of(lambda: way.fetch(found, gone, tmp_path / "1", lambda _n: None))

    assert failure.kind in {Trouble.GONE, Trouble.PROTOCOL}


def test_it_says_that_the_pacs_has_another_name(open_way: OpenWay) -> None:
    failure = failure_of(lambda: look_up(open_way(called_ae_title="NOBODY")))

    assert failure.kind is Trouble.AUTH
    assert "AE title" in failure.sentence


def test_it_says_that_the_pacs_does_not_know_us(open_way: OpenWay) -> None:
    failure = failure_of(lambda: look_up(open_way(calling_ae_title="STRANGER")))

    assert failure.kind in {Trouble.AUTH, Trouble.LINK}
    assert "our AE title STRANGER" in failure.sentence or "have ours added" in failure.sentence
