"""The whole demo: a center and its regions, started in order on this machine."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable

import django
from celery import Celery

from fleet import processes
from fleet.clock import now
from fleet.demo.center import Center
from fleet.demo.children import Children
from fleet.demo.contours import Contours, made_of
from fleet.demo.folder import DemoFolder
from fleet.demo.postgres import Cluster
from fleet.demo.progress import Progress
from fleet.demo.running import write_environment
from fleet.demo.scenario import DAYS, ONCALL, Part, Way
from fleet.demo.servers import LOOPBACK, ServerError
from fleet.demo.ssh import SshServer
from fleet.demo.synapse import Synapse, find_synapse
from fleet.demo.valkey import Valkey

# Both take a few seconds; a busy machine with slow disks, right after the installation, minutes.
TUNNELS_WITHIN_S = 120.0
WEB_WITHIN_S = 120.0
LOOK_EVERY_S = 0.5
# The rules learn for fourteen days what is usual.
JUDGED_DAYS = 20


class Show:
    """One run of the demo in one folder."""

    def __init__(
        self, folder: DemoFolder, parts: list[Part], port: int, children: Children
    ) -> None:
        n_regions = len(parts)
        self.folder = folder
        self.parts = parts
        self.children = children
        self.progress = Progress()
        # Sessions: the workers' threads and their warm session a region; the web's few.
        self.central = Cluster(folder.path / "center", max_connections=150 + 2 * n_regions)
        # A region has the collector's two, the keeper's, the simulator's and ad-hoc SQL's.
        self.regional = Cluster(folder.path / "regions", max_connections=50 + 6 * n_regions)
        self.valkey = Valkey(folder.path / "valkey")
        self.center = Center(folder, self.central, self.valkey, port)
        self.contours = Contours(folder, self.regional, parts)
        python = find_synapse()
        self.synapse = Synapse(folder.path / "matrix", python) if python else None
        self.servers: dict[str, SshServer] = {}

    def start(self) -> None:
        """Start everything; every region that can be is collected on return.

        Raises ServerError with the reason.
        """
        self.folder.messages.unlink(missing_ok=True)
        self.progress.step("Starting PostgreSQL and Valkey")
        for server in (self.central, self.regional, self.valkey):
            self.children.start(server)
        # Now only: should the demo be refused, the servers of one that was killed end with this.
        self.folder.check_version(made_of())
        self.progress.step("Making the center's tables and roles")
        self.center.create_database()
        self.center.migrate()
        self.progress.step("Making the regions' databases")
        self.contours.create_databases(self.progress.news)
        self.progress.step(f"Filling {DAYS} days of the regions' history")
        self.contours.fill_history(self.children, self.progress.news)
        self.children.start(self.contours.simulator())
        self._start_archives()
        self._start_ssh_servers()
        if self.synapse:
            self.progress.step("Starting a server of Matrix")
            self.children.start(self.synapse)
        self._use_django()
        self._open_ways()
        self._start_fleet()
        self._collect()
        write_environment(self.folder.path, self.center.environment("fleet_collect"))

    def watch(self) -> None:
        """Repeat what the messenger says until a child ends. Raises ServerError then."""
        told = 0
        while True:
            time.sleep(1)
            self.children.check()
            if self.folder.messages.exists():
                said = self.folder.messages.read_text()
                print(said[told:], end="", flush=True)
                told = len(said)

    def _start_archives(self) -> None:
        self.progress.step("Starting the regions' archives of images")
        for orthanc in self.contours.orthancs.values():
            self.children.start(orthanc)
        self.children.start(self.contours.archivist())

    def _start_ssh_servers(self) -> None:
        self.progress.step("Starting the regions' SSH servers")
        for part in self.parts:
            if part.is_behind_ssh:
                self.servers[part.code] = self.contours.ssh_server(part)
                if part.way is not Way.DOWN:
                    self.children.start(self.servers[part.code])

    def _use_django(self) -> None:
        """Let this process use Fleet's own code, with the rights of a worker."""
        os.environ.update(self.center.environment("fleet_collect"))
        django.setup()

    def _open_ways(self) -> None:
        """Register the regions, open their tunnels, and lose those that are to be stale."""
        from fleet.demo import exporting, registration  # need Django's settings, hence the servers

        self.progress.step("Opening the tunnels into the regions")
        registration.register(self.contours, self.servers)
        registration.create_people(self.folder.secret(ONCALL))
        registration.create_channel()
        if self.synapse:
            room = self.synapse.room(ONCALL, self.folder.secret(ONCALL))
            registration.create_room(self.synapse.url, room)
        else:
            registration.leave_room()
        exporting.register(self.contours, self.folder.secret(ONCALL))
        began = now()
        self.children.start(self.center.process("keeper", processes.KEEPER, "fleet_collect"))
        expected = {p.code for p in self.parts if p.way in {Way.SSH, Way.STALE}}
        self._await(
            lambda: expected - registration.open_tunnels(expected, began),
            TUNNELS_WITHIN_S,
            lambda missing: f"No tunnel within {TUNNELS_WITHIN_S:.0f} s: {', '.join(missing)}",
        )
        for part in self.parts:
            if part.way is Way.STALE:
                self.progress.step(f"Collecting {part.code} as of yesterday, and losing it")
                registration.collect_as_of_yesterday(part.code, now())
                registration.disconnect()
                self.children.stop(self.servers[part.code])

    def _start_fleet(self) -> None:
        self.progress.step("Starting the web server, the workers and beat")
        process = self.center.process
        web = process("web", processes.WEB, "fleet_web")
        self.children.start(web, self._answers, WEB_WITHIN_S)
        self.children.start(process("worker", processes.WORKER, "fleet_collect"))
        self.children.start(process("slow worker", processes.WORKER_SLOW, "fleet_collect"))
        self.children.start(process("deliverer", processes.DELIVERER, "fleet_collect"))
        self.children.start(process("judge", processes.JUDGE, "fleet_collect"))
        self.children.start(process("exporter", processes.EXPORTER, "fleet_collect"))
        self.children.start(process("beat", processes.BEAT, "fleet_collect"))

    def _collect(self) -> None:
        """Wait until the workers have collected every region that can be."""
        from fleet.demo import registration
        from fleet.demo.looking import judge_past_days

        self.progress.step("Collecting the regions")
        began = now()
        expected = {part.code for part in self.parts if part.is_up}
        with Celery(broker=self.valkey.url) as sender:
            sender.send_task("regions.tasks.plan_collections", queue="default")
            self._await(
                lambda: expected - registration.collected(expected, began),
                90 + 5 * len(self.parts),
                lambda codes: f"Not collected:\n{registration.why_not_collected(codes)}",
            )
            sender.send_task("regions.tasks.rebuild_union", queue="default")
            self.progress.step(f"Judging {JUDGED_DAYS} days")
            judge_past_days(now(), JUDGED_DAYS)
            sender.send_task("fleet.alerts.tasks.watch", queue="default")
            sender.send_task("fleet.alerts.tasks.judge_days", queue="judge")
        registration.disconnect()

    def _await(
        self,
        missing: Callable[[], set[str]],
        timeout: float,
        complaint: Callable[[set[str]], str],
    ) -> None:
        deadline = time.monotonic() + timeout
        while codes := missing():
            self.children.check()
            self.progress.news(f"{len(codes)} to go")
            if time.monotonic() > deadline:
                raise ServerError(complaint(codes))
            time.sleep(LOOK_EVERY_S)

    def _answers(self) -> bool:
        """Whether the web server gives the page for logging in."""
        connection = http.client.HTTPConnection(LOOPBACK, self.center.port, timeout=5)
        try:
            connection.request("GET", "/login/")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()
