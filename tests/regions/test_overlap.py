from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from fleet.demo.postgres import Cluster
from fleet.demo.ssh import OPENSSH, SshServer
from regions.collect import collect
from regions.models import HourlyRollup, Region
from regions.sessions import close_idle_sessions
from regions.tunnels import Route, open_tunnel
from tests.rig.namespaces import Namespace
from tests.rig.regions import lead_through

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
# The address that both regions have given to their database.
INNER = "10.77.0.10", 5432


@pytest.fixture
def contours() -> Iterator[list[Namespace]]:
    """Two networks with nothing in common but their addresses."""
    if os.geteuid() != 0 or not shutil.which("ip") or not OPENSSH.exists():
        pytest.skip(
            "OVERLAP IS NOT TESTED: network namespaces need root, iproute2 and openssh-server."
        )
    namespaces = [Namespace(1), Namespace(2)]
    try:
        for namespace in namespaces:
            namespace.create()
    except subprocess.CalledProcessError as error:
        for namespace in namespaces:
            namespace.remove()
        pytest.skip(f"OVERLAP IS NOT TESTED: no network namespaces here: {error.stderr.decode()}")
    yield namespaces
    for namespace in namespaces:
        namespace.remove()


@pytest.fixture
def second_cluster(server_folder: Path) -> Iterator[Cluster]:
    """A cluster of the second region's own, so that a wrong way leads to no database."""
    cluster = Cluster(server_folder / "second")
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def place(
    server_folder: Path, make_region: Callable[..., Region]
) -> Iterator[Callable[..., Region]]:
    """Return a function: (database, namespace) -> its region, behind SSH inside that namespace."""
    servers: list[SshServer] = []

    def put(database: Any, namespace: Namespace) -> Region:
        cluster = database.cluster
        local = cluster.socket_folder / f".s.PGSQL.{cluster.port}"
        log = server_folder / f"{namespace.name}.log"
        namespace.show_inside(*INNER, local, log)
        server = SshServer(server_folder / namespace.name, [INNER], kind="openssh")
        server.host = namespace.gate
        servers.append(server)
        with namespace.entered():
            server.start()
        region = make_region(database, host=INNER[0], port=INNER[1])
        lead_through(region, server, host=namespace.gate)
        return region

    yield put
    for server in servers:
        server.stop()


def test_it_works_with_two_databases_at_one_address(
    contours: list[Namespace],
    second_cluster: Cluster,
    region_database: Callable[..., Any],
    place: Callable[..., Region],
) -> None:
    first, second = region_database("first"), region_database("second", cluster=second_cluster)
    now = datetime.now(UTC)
    for database, n_studies in ((first, 3), (second, 5)):
        for number in range(n_studies):
            database.insert_study(now - timedelta(minutes=number))
    regions = [place(first, contours[0]), place(second, contours[1])]
    tunnels = [open_tunnel(Route.of(region.paths.get())) for region in regions]

    runs = [collect(region, now) for region in regions]

    assert [run.sentence for run in runs] == ["", ""]
    assert {tunnel.route.target for tunnel in tunnels} == {INNER}
    assert [received(region) for region in regions] == [3, 5]
    close_idle_sessions()
    for tunnel in tunnels:
        tunnel.close()


def received(region: Region) -> int:
    total = HourlyRollup.objects.filter(region=region).aggregate(n=Sum("n_received"))["n"]
    return int(total)
