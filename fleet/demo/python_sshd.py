"""The pure-Python SSH server behind `SshServer`, a process of its own: FOLDER PORT [ARCHIVE]."""

from __future__ import annotations

import asyncio
import encodings.idna  # noqa: F401 (imported while files can still be read as root)
import json
import os
import sys
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh

from fleet.demo.servers import LOOPBACK, unprivileged

Routes = dict[tuple[str, int], tuple[str, int]]


class Forwarder(asyncssh.SSHServer):
    """Forwards to what the key's permitopen names; asyncssh itself refuses the rest."""

    def __init__(self, routes: Routes, *, shows_archive: bool) -> None:
        self.routes = routes
        self.shows_archive = shows_archive
        self.connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connection = conn

    def session_requested(self) -> asyncssh.SSHServerSession[bytes] | bool:
        """Open a session in which nothing can be run, as OpenSSH does for a restricted key."""
        return self.shows_archive or asyncssh.SSHServerSession()

    def connection_requested(
        self, dest_host: str, dest_port: int, _orig_host: str, _orig_port: int
    ) -> Awaitable[Any]:
        assert self.connection is not None
        host, port = self.routes.get((dest_host, dest_port), (dest_host, dest_port))
        return self.connection.forward_connection(host, port)


async def serve(folder: Path, port: int, archive: Path | None) -> None:
    """Serve until the process is ended."""
    routes: Routes = {
        (host, seen): (target, real)
        for host, seen, target, real in json.loads((folder / "routes.json").read_text())
    }
    server = await asyncssh.listen(
        LOOPBACK,
        port,
        server_factory=lambda: Forwarder(routes, shows_archive=archive is not None),
        sftp_factory=partial(asyncssh.SFTPServer, chroot=bytes(archive)) if archive else None,
        server_host_keys=[str(folder / "host_key")],
        authorized_client_keys=str(folder / "authorized_keys"),
        password_auth=False,
        kbdint_auth=False,
        agent_forwarding=False,
        login_timeout=20,
    )
    if account := unprivileged():
        os.setgroups([])
        os.setgid(account["group"])
        os.setuid(account["user"])
    await server.wait_closed()


if __name__ == "__main__":
    shown = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), shown))
