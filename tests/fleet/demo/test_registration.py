from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from fleet.alerts.models_outbox import Channel
from fleet.clock import now
from fleet.demo import registration
from fleet.demo.contours import Contours
from fleet.demo.folder import open_folder
from fleet.demo.postgres import Cluster
from fleet.demo.scenario import cast
from fleet.demo.ssh import SshServer
from fleet.demo.synapse import Room
from fleet.people.rights import visible_regions
from regions.credentials import reveal
from regions.models import AccessPath, Region, RegionStatus
from tests.builders import make_region

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


class Registrar:
    """Registers casts of different sizes in one folder, as one demo after another does."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.folder = open_folder(str(folder))
        self.cluster = cluster

    def register(self, n_regions: int) -> dict[str, SshServer]:
        contours = Contours(self.folder, self.cluster, cast(n_regions))
        behind = [part for part in contours.parts if part.is_behind_ssh]
        servers = {part.code: contours.ssh_server(part) for part in behind}
        registration.register(contours, servers)
        return servers


@pytest.fixture
def registrar(server_folder: Path, region_cluster: Cluster) -> Registrar:
    return Registrar(server_folder / "demo", region_cluster)


def test_it_registers_each_part_with_its_way(registrar: Registrar) -> None:
    registrar.register(6)

    kinds = list(AccessPath.objects.order_by("region__pk").values_list("kind", flat=True))
    assert kinds == ["direct", "ssh", "ssh", "ssh", "ssh"]
    assert Region.objects.get(level=3).paths.count() == 0


def test_it_pins_a_host_key_of_its_own_for_each_region(registrar: Registrar) -> None:
    servers = registrar.register(6)

    for code, server in servers.items():
        assert Region.objects.get(code=code).paths.get().hops.get().host_key == server.host_key_line
    assert len({server.host_key_line for server in servers.values()}) == 4


def test_it_keeps_what_was_edited_by_hand(registrar: Registrar) -> None:
    registrar.register(3)
    Region.objects.filter(code="moscow").update(name="Столица")

    registrar.register(3)

    assert Region.objects.get(code="moscow").name == "Столица"


def test_it_switches_off_only_regions_of_a_bigger_demo(registrar: Registrar) -> None:
    make_region(code="by_hand")
    registrar.register(6)

    registrar.register(3)

    active = set(Region.objects.filter(is_active=True).values_list("code", flat=True))
    assert active == {"by_hand", "moscow", "kamchatka", "bagmati"}


def test_it_forgets_what_an_earlier_run_had_planned(registrar: Registrar) -> None:
    registrar.register(3)
    region = Region.objects.get(code="moscow")
    later = now() + timedelta(minutes=5)
    RegionStatus.objects.create(region=region, queued_at=now(), next_due_at=later)

    registrar.register(3)

    status = RegionStatus.objects.get(region=region)
    assert (status.queued_at, status.next_due_at) == (None, None)


def test_it_lets_people_in_with_the_folders_password() -> None:
    registration.create_people("one")
    registration.create_people("another")

    assert [user.check_password("another") for user in User.objects.all()] == [True, True]


def test_it_lets_alerts_be_told_unless_somebody_chose_where() -> None:
    registration.create_channel()
    Channel.objects.update(name="ours", is_enabled=False)
    registration.create_channel()

    assert list(Channel.objects.values_list("name", "kind")) == [("ours", "console")]


def test_it_tells_alerts_in_the_room_first_and_in_the_console_without_it() -> None:
    registration.create_channel()
    registration.create_room("http://127.0.0.1:1", Room("!a:fleet.test", "token"))
    registration.create_room("http://127.0.0.1:2", Room("!a:fleet.test", "token"))

    first, _console = Channel.objects.filter(is_enabled=True)
    assert (first.kind, first.server) == ("matrix", "http://127.0.0.1:2")
    assert reveal(first.credential) == "token"
    registration.leave_room()
    assert Channel.objects.filter(is_enabled=True).get().kind == "console"


def test_it_shows_two_regions_to_the_viewer(registrar: Registrar) -> None:
    registrar.register(3)
    registration.create_people("one")

    assert visible_regions(User.objects.get(username="viewer")).count() == 2
    assert visible_regions(User.objects.get(username="oncall")).count() == 3
