"""Fixtures: the center's database, sham regions, SSH servers, relays, all real and on loopback."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from django.utils import translation

from fleet.demo.postgres import Cluster
from fleet.demo.relay import Relay
from fleet.demo.servers import LOOPBACK, ServerError
from fleet.demo.ssh import SshServer, available_kinds
from fleet.demo.valkey import Valkey

pytest_plugins = ["tests.rig.filled", "tests.rig.order"]
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    # Terminated is like interrupted: the fixtures stop the servers that they started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if getattr(config.option, "tx", None):
        signal.signal(signal.SIGTERM, _interrupt_workers)


def _interrupt_workers(*_: object) -> None:
    """Let the processes that run the tests stop their servers; Ctrl-C reaches them by itself."""
    for worker in psutil.Process().children():
        worker.terminate()
    raise KeyboardInterrupt


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage in what is imported and collected: it stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    if folder := os.environ.pop("FLEET_TEST_FOLDER", None):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def english() -> None:
    """What a request of another test said in Russian, this one says in English again."""
    translation.deactivate()


@pytest.fixture(scope="session")
def rig_folder() -> Path:
    """The folder of all servers, which the account that they run as can reach."""
    return Path(os.environ["FLEET_TEST_FOLDER"])


@pytest.fixture
def server_folder(rig_folder: Path) -> Iterator[Path]:
    """A new folder for one test's servers."""
    folder = rig_folder / f"t{next(_numbers)}"
    folder.mkdir()
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def central_cluster(rig_folder: Path) -> Iterator[Cluster]:
    port = urlsplit(os.environ["FLEET_DATABASE_URL"]).port
    cluster = Cluster(rig_folder / "center", port=port, max_connections=300)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, central_cluster: Cluster
) -> None:
    """Replaces pytest-django's test database by one with Fleet's roles and rights."""
    from tests.rig.center import create_center

    with django_db_blocker.unblock():
        create_center(central_cluster)


@pytest.fixture
def web_connection(db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection with the rights of the web process."""
    url = os.environ["FLEET_TEST_WEB_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def adhoc_connection(db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection with the rights of ad-hoc SQL over the union views."""
    url = os.environ["FLEET_TEST_ADHOC_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def studies_connection(db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection with the rights of the list of studies."""
    url = os.environ["FLEET_STUDIES_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def start_region_cluster(rig_folder: Path) -> Iterator[Callable[[str], Cluster]]:
    """Return a function that starts the regions' cluster of a flavour, once a session."""
    clusters: dict[str, Cluster] = {}

    def start(flavour: Any) -> Cluster:
        if flavour not in clusters:
            cluster = Cluster(
                rig_folder / f"regions-{flavour}", flavour=flavour, max_connections=300
            )
            cluster.start()
            clusters[flavour] = cluster
        return clusters[flavour]

    yield start
    for cluster in clusters.values():
        cluster.stop()


@pytest.fixture(scope="session")
def region_cluster(start_region_cluster: Callable[[str], Cluster]) -> Cluster:
    """The cluster of the regions; its PostgreSQL is newer than the center's where it can be."""
    return start_region_cluster("wheel")


@pytest.fixture(params=["system", "wheel"])
def each_region_cluster(
    request: pytest.FixtureRequest, start_region_cluster: Callable[[str], Cluster]
) -> Cluster:
    """Both PostgreSQL versions in turn, for what must work on every region's."""
    try:
        return start_region_cluster(request.param)
    except ServerError as error:
        pytest.skip(str(error))


@pytest.fixture
def region_database(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Return a function: (code="alpha", time_zone="Europe/Moscow", cluster=…) -> RegionDatabase."""
    from tests.rig.region_database import RegionDatabase

    made: list[RegionDatabase] = []

    def make(
        code: str = "alpha", time_zone: str = "Europe/Moscow", cluster: Cluster | None = None
    ) -> RegionDatabase:
        cluster = cluster or request.getfixturevalue("region_cluster")
        made.append(RegionDatabase(cluster, code, time_zone))
        return made[-1]

    yield make
    for database in made:
        database.drop()


@pytest.fixture
def make_region(db: None, region_database: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Return a function: (database, host=…, port=…, **fields) -> Region with a direct path.

    What the center made to reach the region is removed afterwards.
    """
    from regions.sessions import close_idle_sessions
    from tests.rig.regions import create_region, forget_region

    codes: list[str] = []

    def make(database: Any, **fields: Any) -> Any:
        region = create_region(database, **fields)
        codes.append(region.code)
        return region

    yield make
    close_idle_sessions()
    for code in codes:
        forget_region(code)


@pytest.fixture
def ssh_server(server_folder: Path) -> Iterator[Callable[..., SshServer]]:
    """Return a function: (permitted address, …, kind=…, inner=…) -> a started SshServer."""
    started: list[SshServer] = []

    def start(*permitted: tuple[str, int], **options: Any) -> SshServer:
        server = SshServer(server_folder / f"ssh{len(started)}", permitted, **options)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(params=["openssh", "asyncssh"])
def each_ssh_server(
    request: pytest.FixtureRequest, ssh_server: Callable[..., SshServer]
) -> Callable[..., SshServer]:
    """Like `ssh_server`, for both kinds of server in turn."""
    if request.param not in available_kinds():
        pytest.skip("OpenSSH's server is not installed: apt-get install openssh-server.")
    return lambda *permitted, **options: ssh_server(*permitted, kind=request.param, **options)


@pytest.fixture
def relay() -> Iterator[Callable[..., Relay]]:
    """Return a function: (target port, target host=loopback, delay=seconds) -> a started Relay."""
    started: list[Relay] = []

    def start(port: int, host: str = LOOPBACK, **options: Any) -> Relay:
        started.append(Relay(host, port, **options))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def valkey(rig_folder: Path) -> Iterator[Valkey]:
    """The broker at FLEET_REDIS_URL."""
    url = urlsplit(os.environ["FLEET_REDIS_URL"])
    server = Valkey(rig_folder / "valkey", port=url.port, password=url.password)
    server.start()
    yield server
    server.stop()
