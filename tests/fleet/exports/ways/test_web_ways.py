"""Both ways over HTTP, from a real Orthanc behind a real SSH server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.demo.orthanc import Orthanc
from fleet.exports.ways.dicomweb import DicomwebWay
from fleet.exports.ways.landing import part_of
from fleet.exports.ways.orthanc import OrthancWay
from fleet.exports.ways.reach import Reach
from fleet.exports.ways.way import Found, StudyKey, Trouble, Way, WayFailed
from fleet.exports.ways.web import WebSource
from tests.rig.studies import Study, make_study

pytestmark = pytest.mark.integration
OpenWay = Callable[..., Way]
ACCESSION = "0008,0050"


@pytest.fixture(params=[OrthancWay, DicomwebWay], ids=["orthanc", "dicomweb"])
def open_way(request: pytest.FixtureRequest, orthanc: Orthanc, reach: Reach) -> Iterator[OpenWay]:
    """Return a function: (**fields of the source) -> the way to the archive."""
    path = "/dicom-web" if request.param is DicomwebWay else ""
    login = orthanc.user, orthanc.password
    source = WebSource("alpha 1", orthanc.host, orthanc.port, path, *login)
    ways: list[Way] = []

    def open_it(**fields: object) -> Way:
        ways.append(request.param(reach, replace(source, **fields)))
        return ways[-1]

    yield open_it
    for way in ways:
        way.close()


@pytest.fixture
def way(open_way: OpenWay) -> Way:
    return open_way()


def look_up(way: Way, study: Study) -> Found:
    found = way.look_up(StudyKey(study.accession, study.uid))
    assert found is not None
    return found


def failure_of(act: Callable[[], object]) -> WayFailed:
    with pytest.raises(WayFailed) as caught:
        act()
    return caught.value


def test_it_finds_a_study_by_uid(way: Way, stored: Study) -> None:
    assert look_up(way, stored).n_instances == len(stored.files)


def test_it_finds_a_study_by_an_attribute(open_way: OpenWay, stored: Study) -> None:
    way = open_way(lookup_tag=ACCESSION)

    assert look_up(way, replace(stored, uid="")).n_instances == len(stored.files)


def test_it_says_that_a_study_is_not_there(open_way: OpenWay, stored: Study) -> None:
    assert open_way().look_up(StudyKey(stored.accession, "1.2.3")) is None
    assert open_way(lookup_tag=ACCESSION).look_up(StudyKey("A-", "")) is None


def test_it_asks_for_an_attribute_that_names_one_study(
    open_way: OpenWay, stored: Study, orthanc: Orthanc
) -> None:
    way = open_way(lookup_tag="0010,0020")
    other = orthanc.store(make_study("A-2", 1).files[0])["ParentStudy"]

    failure = failure_of(lambda: way.look_up(StudyKey("1CT1", "")))

    orthanc.delete("studies", other)
    assert failure.kind is Trouble.CONFIGURATION
    assert "more than one study" in failure.sentence


@pytest.mark.parametrize("reference", ["A*", "A-?", "A-1\\A-2", ""])
def test_it_never_asks_for_a_pattern(open_way: OpenWay, reference: str) -> None:
    way = open_way(lookup_tag=ACCESSION)

    assert failure_of(lambda: way.look_up(StudyKey(reference))).kind is Trouble.CONFIGURATION


@pytest.mark.parametrize("uid", ["", "..", "1.2/3", "1." * 32 + "1"])
def test_it_needs_a_uid_when_it_looks_up_by_uid(way: Way, uid: str) -> None:
    failure = failure_of(lambda: way.look_up(StudyKey("A-1", uid)))

    assert failure.kind is Trouble.CONFIGURATION
    assert "gives none of this study" in failure.sentence


def test_it_fetches_every_file_as_it_is_stored(way: Way, stored: Study, tmp_path: Path) -> None:
    found = look_up(way, stored)
    sizes: list[int] = []

    for number, instance in enumerate(way.instances(found)):
        way.fetch(found, instance, tmp_path / f"{number}", sizes.append)

    fetched = sorted(path.read_bytes() for path in tmp_path.iterdir())
    assert fetched == sorted(stored.files)
    assert sum(sizes) == stored.n_bytes


def test_it_knows_sizes_where_the_archive_tells_them(way: Way, stored: Study) -> None:
    found = look_up(way, stored)
    sizes = {instance.n_bytes for instance in way.instances(found)}

    if isinstance(way, OrthancWay):
        assert sizes == {len(file) for file in stored.files}
        assert found.n_bytes == stored.n_bytes
    else:
        assert sizes == {None}


def test_it_says_that_the_password_is_wrong(open_way: OpenWay, stored: Study) -> None:
    way = open_way(password="wrong-secret")

    failure = failure_of(lambda: look_up(way, stored))

    assert failure.kind is Trouble.AUTH
    assert "alpha 1 refuses the login" in failure.sentence
    assert "wrong-secret" not in failure.sentence


def test_it_says_that_a_study_was_deleted_meanwhile(
    way: Way, stored: Study, orthanc: Orthanc, tmp_path: Path
) -> None:
    found = look_up(way, stored)
    instance, *_others = way.instances(found)
    [name] = [study["ID"] for study in orthanc.studies()]
    orthanc.delete("studies", name)

    listing = failure_of(lambda: way.instances(found))
    fetching = failure_of(lambda: way.fetch(found, instance, tmp_path / "1", lambda _n: None))

    assert listing.kind is fetching.kind is Trouble.GONE
    assert not fetching.is_passing
    assert list(tmp_path.glob("1")) == []


def test_it_stops_when_it_is_told_to(way: Way, stored: Study, tmp_path: Path) -> None:
    found = look_up(way, stored)
    instance, *_others = way.instances(found)

    def stop(_n_bytes: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        way.fetch(found, instance, tmp_path / "1", stop)

    assert part_of(tmp_path / "1").exists()
    way.fetch(found, instance, tmp_path / "1", lambda _n: None)
    assert (tmp_path / "1").read_bytes() in stored.files
    assert not part_of(tmp_path / "1").exists()


def test_it_says_that_nothing_listens_there(open_way: OpenWay, stored: Study) -> None:
    failure = failure_of(lambda: look_up(open_way(port=1), stored))

    assert not failure.is_passing or failure.kind is Trouble.LINK
    assert "127.0.0.1:1" in failure.sentence
