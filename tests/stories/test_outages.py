"""One way is lost, then all of them, then the center sleeps for an hour: what people are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from fleet.alerts.delivery import deliver_next
from fleet.alerts.detectors.judging import judge_days
from fleet.alerts.detectors.watch import watch
from fleet.alerts.models import Alert
from fleet.alerts.models_outbox import Message
from fleet.clock import now
from fleet.demo.postgres import Cluster
from fleet.demo.servers import LOOPBACK
from fleet.demo.ssh import SshServer
from regions.collect import collect
from regions.models import Region, TunnelState
from regions.sessions import close_idle_sessions
from tests.builders import make_channel
from tests.regions.faults_rig import SOCKET, await_true, keeper_process
from tests.rig.region_database import RegionDatabase
from tests.rig.regions import create_region, forget_region, lead_through

pytestmark = [pytest.mark.integration, pytest.mark.slow]
CODES = ("north", "east", "south")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Seen:
    """The open alerts, as (kind, region), that nothing explains; and how many were told."""

    open: list[tuple[str, str]]
    n_told: int


@dataclass
class Story:
    calm: Seen = field(default_factory=lambda: Seen([], 0))
    one_failure: Seen = field(default_factory=lambda: Seen([], 0))
    one_lost: Seen = field(default_factory=lambda: Seen([], 0))
    one_back: Seen = field(default_factory=lambda: Seen([], 0))
    all_lost: Seen = field(default_factory=lambda: Seen([], 0))
    all_back: Seen = field(default_factory=lambda: Seen([], 0))
    thawed: list[Seen] = field(default_factory=list)


class Three:
    """Three regions, each behind an SSH server of its own, on a clock that is moved by hand."""

    def __init__(self, cluster: Cluster, folder: Path, exits: ExitStack) -> None:
        self.at = now()
        self.servers: dict[str, SshServer] = {}
        self.regions: list[Region] = []
        for code in CODES:
            database = RegionDatabase(cluster, code, "UTC")
            exits.callback(database.drop)
            server = SshServer(folder / code, [(LOOPBACK, cluster.port)])
            server.start()
            exits.callback(server.stop)
            region = create_region(
                database, collect_every=MINUTE, late_after=HOUR / 2, stale_after=HOUR / 2
            )
            lead_through(region, server)
            self.servers[code] = server
            self.regions.append(region)
        keeper = keeper_process(folder)
        keeper.start()
        exits.callback(keeper.stop)

    def await_open(self) -> None:
        paths = [region.paths.get() for region in self.regions]
        await_true(lambda: all((path.socket_folder / SOCKET).exists() for path in paths))
        opened = TunnelState.objects.filter(state=TunnelState.State.OPEN)
        await_true(lambda: opened.count() == len(CODES))

    def await_lost(self, *codes: str) -> None:
        is_open = TunnelState.objects.filter(
            path__region__code__in=codes, state=TunnelState.State.OPEN
        )
        await_true(lambda: not is_open.exists())

    def pass_time(self, length: timedelta = MINUTE, *, collects: bool = True) -> Seen:
        """Let time pass, collect all, judge, and say what is due."""
        self.at += length
        if collects:
            for region in self.regions:
                collect(region, self.at)
        watch(self.at)
        judge_days(self.at)
        return self.seen(self.at)

    def seen(self, moment: datetime) -> Seen:
        said = moment + 2 * MINUTE
        while deliver_next(said):
            said += timedelta(seconds=1)
        unexplained = Alert.objects.filter(resolved_at=None, under=None).order_by("pk")
        return Seen(
            list(unexplained.values_list("kind", "region__code")),
            Message.objects.exclude(remote_id="").count(),
        )


@pytest.fixture(scope="module")
def story(
    django_db_setup: None, django_db_blocker: Any, region_cluster: Cluster, rig_folder: Path
) -> Iterator[Story]:
    """The story is lived once; the tests look at what was seen."""
    folder = rig_folder / "outages"
    folder.mkdir()
    folder.chmod(0o711)
    with django_db_blocker.unblock():
        try:
            with ExitStack() as exits:
                exits.callback(close_idle_sessions)
                make_channel()
                told = live_through(Three(region_cluster, folder, exits))
            yield told
        finally:
            for code in CODES:
                forget_region(code)
            call_command("flush", interactive=False, reset_sequences=False, verbosity=0)


def live_through(three: Three) -> Story:
    told = Story()
    three.await_open()
    told.calm = three.pass_time()
    three.servers["north"].stop()
    three.await_lost("north")
    told.one_failure = three.pass_time()
    told.one_lost = three.pass_time()
    three.servers["north"].start()
    three.await_open()
    told.one_back = three.pass_time()
    for server in three.servers.values():
        server.stop()
    three.await_lost(*CODES)
    three.pass_time()
    told.all_lost = three.pass_time()
    for server in three.servers.values():
        server.start()
    three.await_open()
    told.all_back = three.pass_time()
    told.thawed.append(three.pass_time(HOUR, collects=False))
    told.thawed += [three.pass_time(), three.pass_time()]
    return told


def test_it_is_silent_while_all_is_well(story: Story) -> None:
    assert story.calm == Seen([], 0)


def test_it_tells_of_one_lost_link_within_two_collections_and_of_nothing_else(
    story: Story,
) -> None:
    assert story.one_failure == Seen([], 0)
    assert story.one_lost == Seen([("link_lost", "north")], 1)


def test_it_ends_the_alert_with_the_first_answer(story: Story) -> None:
    assert story.one_back == Seen([], 1)


def test_it_tells_of_the_collector_alone_when_all_are_lost(story: Story) -> None:
    assert story.all_lost == Seen([("collector_blind", None)], 2)


def test_it_ends_all_when_the_ways_are_back(story: Story) -> None:
    assert story.all_back == Seen([], 2)


def test_it_floods_nobody_after_an_hours_sleep(story: Story) -> None:
    of_regions = [one for seen in story.thawed for one in seen.open if one[1]]

    assert of_regions == []
    assert story.thawed[-1].open == []
    assert story.thawed[-1].n_told <= 3
