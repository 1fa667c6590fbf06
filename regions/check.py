"""Walk a region's way in step by step and say which step fails, and what to do about it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

import paramiko
import psycopg

from regions import check_database
from regions.blame import blame_query
from regions.failures import Failure
from regions.forwarder import Forwarder
from regions.hostkeys import fingerprint
from regions.models import AccessPath, FailureKind, Region
from regions.models.path import SOCKET_PORT
from regions.sessions import Endpoint, RegionSession
from regions.ssh import (
    Address,
    Hop,
    SshConnection,
    Wire,
    connect,
    log_in,
    open_channel,
    resolve,
    shake_hands,
)
from regions.sshkeys import reveal_secret


class Outcome(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One step of a check; the sentence of a failed one holds the remedy."""

    name: str
    outcome: Outcome
    sentence: str = ""


# A step's name, and what does it: returns what was found, or raises Failure.
Act = tuple[str, Callable[[], str]]


def check_path(path: AccessPath) -> Iterator[Step]:
    """Yield the steps through this path as they are done; after a failed one the rest is skipped.

    Everything is opened anew, beside what the tunnel keeper holds, and closed in the end.
    """
    with ExitStack() as stack:
        walk = PathWalk(path, stack)
        has_failed = False
        for name, act in walk.plan():
            if has_failed:
                yield Step(name, Outcome.SKIPPED)
                continue
            try:
                yield Step(name, Outcome.OK, act())
            except Failure as failure:
                has_failed = True
                yield Step(name, Outcome.FAILED, failure.sentence)


class PathWalk:
    """What the steps have opened so far; each step is a method."""

    def __init__(self, path: AccessPath, stack: ExitStack) -> None:
        self.path = path
        self.region: Region = path.region
        self.stack = stack
        self.hops = [Hop.of(hop) for hop in path.hops.all()]
        self.target: Address = (path.database_host, path.database_port)
        self.addresses: list[Address] = []
        self.wire: Wire | None = None
        self.connection = stack.enter_context(SshConnection())
        self.endpoint: Endpoint = self.target
        self.database: psycopg.Connection[Any] | None = None
        self.session: RegionSession | None = None

    def plan(self) -> list[Act]:
        """Return the steps that this path has, in order."""
        acts: list[Act] = []
        if self.path.kind == AccessPath.Kind.DIRECT:
            acts += [("name", self.database_name), ("TCP", self.database_tcp)]
        for number, hop in enumerate(self.hops, start=1):
            prefix = f"hop {number}: " if len(self.hops) > 1 else ""
            acts += [
                (f"{prefix}name", partial(self.hop_name, hop)),
                (f"{prefix}TCP", partial(self.hop_tcp, hop)),
                (f"{prefix}host key", partial(self.host_key, hop)),
                (f"{prefix}login", partial(self.login, hop)),
            ]
        if self.path.kind == AccessPath.Kind.SSH:
            acts.append(("forward", self.forward))
        return [
            *acts,
            ("database", self.connect_database),
            ("role is read-only", partial(self.ask, check_database.check_role)),
            ("contract", partial(self.ask, check_database.check_columns)),
            ("clock skew", partial(self.ask, check_database.check_skew)),
            ("index", partial(self.ask, check_database.check_index)),
            ("time of one bucket", partial(self.ask, check_database.time_bucket)),
        ]

    def database_name(self) -> str:
        self.addresses = resolve(*self.target)
        return say_addresses(self.target[0], self.addresses)

    def database_tcp(self) -> str:
        connect(*self.target, self.addresses).close()
        return f"{self.target[0]}:{self.target[1]} accepts connections."

    def hop_name(self, hop: Hop) -> str:
        if self.connection.transports:
            return f"{hop.host} is looked up by the hop before it."
        self.addresses = resolve(hop.host, hop.port)
        return say_addresses(hop.host, self.addresses)

    def hop_tcp(self, hop: Hop) -> str:
        if self.connection.transports:
            self.wire = open_channel(self.connection.last, (hop.host, hop.port))
        else:
            self.wire = connect(hop.host, hop.port, self.addresses)
        self.stack.callback(self.wire.close)
        return f"{hop} accepts connections."

    def host_key(self, hop: Hop) -> str:
        assert self.wire is not None  # noqa: S101 (the step before this one has set it)
        transport: paramiko.Transport = shake_hands(self.wire, hop)
        self.connection.transports.append(transport)
        return f"{hop} shows the pinned key {fingerprint(transport.get_remote_server_key())}."

    def login(self, hop: Hop) -> str:
        log_in(self.connection.last, hop)
        return f"{hop.user} is logged in at {hop}."

    def forward(self) -> str:
        if not self.hops:
            raise Failure(FailureKind.CONFIGURATION, "The SSH path has no hop. Add its SSH server.")
        open_channel(self.connection.last, self.target).close()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-")))
        local = folder / f".s.PGSQL.{SOCKET_PORT}"
        forwarder = Forwarder(self.connection, local, self.target)
        self.stack.callback(forwarder.close)
        forwarder.open()
        self.endpoint = (str(folder), SOCKET_PORT)
        return f"{self.target[0]}:{self.target[1]} is reached from there."

    def connect_database(self) -> str:
        password = reveal_secret(self.region.database_password, "The reader's password")
        self.session = self.stack.enter_context(closing(RegionSession()))
        self.database = self.session.reach(self.region, self.endpoint, password)
        version = self.database.info.server_version
        return (
            f"{self.region.database_user} is logged in to {self.region.database_name}"
            f" on PostgreSQL {version // 10_000}.{version % 10_000}."
        )

    def ask(self, step: Callable[[check_database.Asked], str]) -> str:
        """Run a step that asks the database."""
        assert self.session is not None  # noqa: S101
        assert self.database is not None  # noqa: S101
        try:
            return step(check_database.Asked(self.region, self.database, self.session.center))
        except psycopg.Error as error:
            raise blame_query(error, asked_directly=True) from None


def say_addresses(host: str, addresses: list[Address]) -> str:
    """Return a sentence with the IP addresses that a name has."""
    return f"{host} is {', '.join(dict.fromkeys(address for address, _port in addresses))}."
