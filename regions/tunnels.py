"""One tunnel: from a unix socket that belongs to one access path to that region's database."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import paramiko
from django.conf import settings

from regions.failures import Failure
from regions.forwarder import Forwarder
from regions.models import AccessPath, FailureKind
from regions.models.path import SOCKET_PORT
from regions.ssh import (
    Address,
    Hop,
    SshConnection,
    connect_through,
    open_channel,
)

# A dead peer is noticed PROBE_EVERY_S + PROBE_TIMEOUT_S after its last byte, at the latest.
PROBE_EVERY_S = 4.0
PROBE_TIMEOUT_S = 5.0
CHANNELS_REMEMBERED = 200
# sun_path of Linux, without the closing zero.
LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True)
class Route:
    """One SSH path as a thread needs it: nothing here touches the database."""

    path_id: int
    name: str
    hops: tuple[Hop, ...]
    target: Address
    folder: Path

    @classmethod
    def of(cls, path: AccessPath) -> Route:
        """Return the path's route; `region` and `hops` are best fetched beforehand."""
        return cls(
            path_id=path.pk,
            name=f"{path.region.code} {path.position}",
            hops=tuple(Hop.of(hop) for hop in path.hops.all()),
            target=(path.database_host, path.database_port),
            folder=path.socket_folder,
        )

    @property
    def socket(self) -> Path:
        """The unix socket, named as libpq looks for it in the folder."""
        return self.folder / f".s.PGSQL.{SOCKET_PORT}"


class Tunnel:
    """An open tunnel. `check` it every second or so, and `close` it in the end."""

    def __init__(self, route: Route, connection: SshConnection, forwarder: Forwarder) -> None:
        self.route = route
        self._connection = connection
        self._forwarder = forwarder
        self._alive_at = time.monotonic()

    @property
    def refusal(self) -> Failure | None:
        """Why the last local connection did not get through to the database, if it did not."""
        return self._forwarder.refusal

    def check(self) -> None:
        """Return when the peer lives. Raises Failure within PROBE_TIMEOUT_S when it does not."""
        if not self._connection.last.is_active():
            raise Failure(FailureKind.LINK, "The SSH connection broke; it is opened again.")
        started = time.monotonic()
        if started - max(self._alive_at, self._forwarder.heard_at) < PROBE_EVERY_S:
            return
        is_alive = is_responsive(self._connection.last, PROBE_TIMEOUT_S)
        # On a slow line the answer waits behind the data; the data are a sign of life as well.
        if not is_alive and self._forwarder.heard_at < started:
            raise Failure(
                FailureKind.TIMEOUT,
                f"The SSH server stopped answering for {PROBE_TIMEOUT_S:.0f} s: the line is dead"
                " or the server hangs. The tunnel is opened again when it answers.",
            )
        self._alive_at = time.monotonic()
        forget_old_channels(self._connection.last)

    def close(self) -> None:
        """End every connection through the tunnel at once and remove its socket."""
        self._forwarder.close()


def open_tunnel(route: Route) -> Tunnel:
    """Return a tunnel whose database accepts connections. Raises Failure; nothing stays then."""
    if not route.hops:
        raise Failure(FailureKind.CONFIGURATION, "The SSH path has no hop. Add its SSH server.")
    make_folder(route)
    connection = connect_through(route.hops)
    try:
        open_channel(connection.last, route.target).close()
        forwarder = Forwarder(connection, route.socket, route.target)
    except BaseException:
        connection.close()
        raise
    try:
        forwarder.open()
        share(route.socket, 0o660, 0o666)
    except BaseException:
        forwarder.close()
        raise
    return Tunnel(route, connection, forwarder)


def make_folder(route: Route) -> None:
    """Create the folder of the route's socket. Raises Failure(CENTER) when that is impossible."""
    if len(os.fsencode(route.socket)) > LONGEST_SOCKET_PATH:
        raise Failure(
            FailureKind.CENTER,
            f"{route.socket} is too long for a unix socket: set a shorter FLEET_SOCKET_DIR.",
        )
    try:
        route.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(
            FailureKind.CENTER,
            f"{route.folder} cannot be made ({error.strerror}): give the tunnel keeper the right"
            " to write in FLEET_SOCKET_DIR.",
        ) from None
    share(route.folder, 0o750, 0o711)


def share(path: Path, group_mode: int, open_mode: int) -> None:
    """Let FLEET_SOCKET_GROUP use `path`, or, when it is not set, everybody on this machine.

    PostgreSQL, which connects through the socket, runs as another user than the tunnel keeper.
    """
    group = settings.FLEET_SOCKET_GROUP
    try:
        if group:
            shutil.chown(path, group=group)
        path.chmod(group_mode if group else open_mode)
    except (OSError, LookupError):
        raise Failure(
            FailureKind.CENTER,
            f"{path} cannot be given to the group {group}: FLEET_SOCKET_GROUP must exist and"
            " the tunnel keeper's user must be in it.",
        ) from None


def is_responsive(transport: paramiko.Transport, timeout: float) -> bool:
    """Say whether the server answers within `timeout` seconds; a refusal is an answer too.

    Keepalives only send: a frozen server behind a live TCP connection is found in this way alone.
    """
    try:
        transport.open_channel("session", timeout=timeout).close()
    except paramiko.ChannelException:
        return True
    except (paramiko.SSHException, OSError, EOFError):
        return False
    return True


def forget_old_channels(transport: paramiko.Transport) -> None:
    """Bound paramiko's list of the channels it has ever seen; every probe adds one."""
    seen = transport.channels_seen
    with transport.lock:
        for channel_id in list(seen)[:-CHANNELS_REMEMBERED]:
            if transport._channels.get(channel_id) is None:  # type: ignore[attr-defined]
                del seen[channel_id]
