"""The tunnel keeper: the one owner of the tunnels through which foreign tables are read."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from django.db import Error, connection

from fleet.clock import now
from regions.directlines import DirectLines, Line
from regions.failures import Failure
from regions.models import AccessPath, FailureKind, TunnelState
from regions.tunnels import Route, Tunnel, open_tunnel

log = logging.getLogger(__name__)

CHECK_EVERY_S = 1.0
LOOK_EVERY_S = 2.0
SIGN_OF_LIFE_EVERY_S = 10.0
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 60.0
# A tunnel that lived so long starts again with the first delay.
STEADY_AFTER_S = 30.0
CLOSE_WITHIN_S = 4.0
# The longest way through open_tunnel, after which a replaced thread has surely ended.
OPENING_WITHIN_S = 300.0

State = TunnelState.State


@dataclass(frozen=True)
class Report:
    """What a path's thread says of its tunnel."""

    route: Route
    state: State
    since: datetime
    failure: Failure | None
    retry_at: datetime | None


class PathThread(threading.Thread):
    """Keeps one path's tunnel: opens it, watches it, and opens it again after a delay."""

    def __init__(
        self, route: Route, reports: SimpleQueue[Report], predecessor: PathThread | None
    ) -> None:
        super().__init__(name=f"path {route.name}", daemon=True)
        self.route = route
        self._reports = reports
        self._predecessor = predecessor
        self._stopping = threading.Event()
        self._said: Report | None = None
        self._n_failures = 0

    def stop(self) -> None:
        """Ask the thread to close its tunnel; it does so within a second of its opening."""
        self._stopping.set()

    def run(self) -> None:
        # Two threads would fight for the path's socket.
        if self._predecessor:
            self._predecessor.join(OPENING_WITHIN_S)
            self._predecessor = None
        self._say(State.OPENING)
        while not self._stopping.is_set():
            failure = self._keep_until_failure()
            if failure is None:
                break
            self._n_failures += 1
            delay = retry_delay(self._n_failures)
            self._say(State.CLOSED, failure, now() + timedelta(seconds=delay))
            self._stopping.wait(delay)
        self._say(State.CLOSED, Failure(FailureKind.CENTER, "The tunnel keeper closed the tunnel."))

    def _keep_until_failure(self) -> Failure | None:
        """Return why the tunnel could not be opened or ended; None when it was asked to close."""
        try:
            tunnel = open_tunnel(self.route)
            try:
                self._watch(tunnel)
            finally:
                tunnel.close()
        except Failure as failure:
            return failure
        except Exception:
            # One path's surprise must not end the thread: the path would stay dead unseen.
            log.exception("%s: unexpected error", self.route.name)
            return Failure(
                FailureKind.CENTER, "An unexpected error; the tunnel keeper's log has it."
            )
        return None

    def _watch(self, tunnel: Tunnel) -> None:
        opened_at = time.monotonic()
        refusal = tunnel.refusal
        self._say(State.OPEN)
        while not self._stopping.wait(CHECK_EVERY_S):
            tunnel.check()
            if tunnel.refusal is not refusal:
                refusal = tunnel.refusal
                self._say(State.OPEN, refusal)
            if time.monotonic() - opened_at > STEADY_AFTER_S:
                self._n_failures = 0

    def _say(
        self, state: State, failure: Failure | None = None, retry_at: datetime | None = None
    ) -> None:
        said = self._said
        since = said.since if said and said.state == state else now()
        sentence = failure.sentence if failure else ""
        if not said or (said.state, said.failure and said.failure.sentence) != (state, sentence):
            log.info("%s: %s %s", self.route.name, state.value, sentence)
        self._said = Report(self.route, state, since, failure, retry_at)
        self._reports.put(self._said)


class Keeper(threading.Thread):
    """Starts and stops a thread a path as the database says, and writes down what they report.

    Only this thread uses the database; when it is away, the tunnels stay as they are.
    """

    def __init__(self) -> None:
        super().__init__(name="keeper", daemon=True)
        self._paths: dict[int, PathThread] = {}
        self._reports: SimpleQueue[Report] = SimpleQueue()
        self._latest: dict[int, Report] = {}
        self._news: set[int] = set()
        self._written_at = 0.0
        self._stopping = threading.Event()
        self._lines = DirectLines()

    def run(self) -> None:
        self._lines.start()
        self._round()
        while not self._stopping.wait(LOOK_EVERY_S):
            self._round()
        self._await_paths()
        self._round()

    def close(self) -> None:
        """Close every tunnel and remove its socket within about CLOSE_WITHIN_S."""
        deadline = time.monotonic() + CLOSE_WITHIN_S
        self._stopping.set()
        self._lines.close()
        self._await_paths()
        for path in list(self._paths.values()):
            remove_socket(path.route)
        self.join(max(0.5, deadline - time.monotonic()))

    def _await_paths(self) -> None:
        deadline = time.monotonic() + CLOSE_WITHIN_S - 1
        paths = list(self._paths.values())
        for path in paths:
            path.stop()
        for path in paths:
            path.join(max(0.0, deadline - time.monotonic()))

    def _round(self) -> None:
        try:
            if not self._stopping.is_set():
                self._follow(wanted_routes())
                self._lines.follow(wanted_lines())
            self._take_reports()
            self._write()
        except Error as error:
            log.warning("The database is away, tunnels stay as they are: %s", error)
        finally:
            # A connection is of the pool only between rounds, so that a broken one is replaced.
            with suppress(Error):
                connection.close()

    def _follow(self, routes: dict[int, Route]) -> None:
        gone = [path for path_id, path in self._paths.items() if path_id not in routes]
        for path in gone:
            path.stop()
        for path in gone:
            path.join(CHECK_EVERY_S)
            remove_socket(path.route)
            del self._paths[path.route.path_id]
            self._latest.pop(path.route.path_id, None)
        if gone or not self._paths:
            TunnelState.objects.exclude(path_id__in=routes).delete()
        for path_id, route in routes.items():
            path_before = self._paths.get(path_id)
            if path_before and path_before.route == route and path_before.is_alive():
                continue
            if path_before:
                path_before.stop()
            self._paths[path_id] = PathThread(route, self._reports, path_before)
            self._paths[path_id].start()

    def _take_reports(self) -> None:
        with suppress(Empty):
            while True:
                report = self._reports.get_nowait()
                path = self._paths.get(report.route.path_id)
                if path and path.route == report.route:
                    self._latest[report.route.path_id] = report
                    self._news.add(report.route.path_id)

    def _write(self) -> None:
        is_beat = time.monotonic() - self._written_at > SIGN_OF_LIFE_EVERY_S
        said = [report for key, report in self._latest.items() if is_beat or key in self._news]
        write_states(said, now())
        self._news.clear()
        if is_beat:
            self._written_at = time.monotonic()


def retry_delay(n_failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 1, 2, 4 … 60, each ± 25 %."""
    delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(n_failures - 1, 10))
    return delay * random.uniform(0.75, 1.25)


def wanted_routes() -> dict[int, Route]:
    """Return the routes of all enabled SSH paths of active regions, by path."""
    paths = (
        AccessPath.objects.filter(kind=AccessPath.Kind.SSH, is_enabled=True, region__is_active=True)
        .select_related("region")
        .prefetch_related("hops")
    )
    return {path.pk: Route.of(path) for path in paths}


def wanted_lines() -> list[Line]:
    """Return the lines of all enabled direct paths of active regions."""
    paths = AccessPath.objects.filter(
        kind=AccessPath.Kind.DIRECT, is_enabled=True, region__is_active=True
    )
    return [Line.of(path) for path in paths.select_related("region")]


def write_states(reports: Iterable[Report], seen_at: datetime) -> None:
    """Write each report in its TunnelState row, all in one statement."""
    rows = [
        TunnelState(
            path_id=report.route.path_id,
            state=report.state,
            since=report.since,
            seen_at=seen_at,
            failure=report.failure.kind if report.failure else "",
            sentence=report.failure.sentence[:500] if report.failure else "",
            retry_at=report.retry_at,
        )
        for report in reports
    ]
    columns = ["state", "since", "seen_at", "failure", "sentence", "retry_at"]
    TunnelState.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["path"], update_fields=columns
    )


def remove_socket(route: Route) -> None:
    """Remove the route's socket and folder, as far as they exist."""
    with suppress(OSError):
        route.socket.unlink()
    with suppress(OSError):
        route.folder.rmdir()
