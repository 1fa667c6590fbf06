"""An SSH server on loopback that forwards to named destinations, and may show one folder."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import socket
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from fleet.demo.servers import (
    LOOPBACK,
    Process,
    ServerError,
    free_port,
    give,
    make_folder,
    unprivileged,
)

Kind = Literal["any", "openssh", "asyncssh"]
Address = tuple[str, int]
OPENSSH = Path("/usr/sbin/sshd")
CONFIG = """\
Port {port}
ListenAddress {address}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
MaxStartups 100
LogLevel VERBOSE
"""
SFTP = """\
Subsystem sftp internal-sftp
ForceCommand internal-sftp -R -d {archive}
"""


class SshServer:
    """An SSH server with its own host key and one client key; both outlive stop() and start().

    `permitted` are the only destinations to which the key may forward. `kind` "any" is Debian's
    OpenSSH where it is installed, else asyncssh. Both run without root. `inner` gives addresses
    of the region's own network another meaning here (asyncssh only), so that two regions can have
    the same ones. `archive` is the folder in which SFTP begins; without it there is no SFTP.
    """

    host = LOOPBACK

    def __init__(
        self,
        folder: Path,
        permitted: Iterable[Address],
        *,
        kind: Kind = "any",
        inner: Mapping[Address, Address] | None = None,
        archive: Path | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self._archive = archive
        self._inner = dict(inner or {})
        self.permitted = list(permitted)
        self.kind = _resolve("asyncssh" if inner else kind)
        self.user = pwd.getpwuid(unprivileged().get("user", os.geteuid())).pw_name
        self.private_key_path = self.folder / "client_key"
        make_folder(self.folder)
        self.host_key_line = _make_key(self.folder / "host_key")
        self._client_key_line = _make_key(self.private_key_path)
        remembered = self.folder / "port"
        if not remembered.exists():
            remembered.write_text(str(free_port()))
        self.port = int(remembered.read_text())
        self.name = f"SSH server {self.folder.name}"
        self.log = self.folder / "log"
        self.process = Process(
            self.name,
            self._command(),
            self.log,
            cwd=Path(__file__).resolve().parents[2],
            account=unprivileged() if self.kind == "openssh" else None,
        )

    def start(self) -> None:
        """Start the server on its port; it greets on return. Raises ServerError."""
        options = "".join(f',permitopen="{host}:{port}"' for host, port in self.permitted)
        authorized = self.folder / "authorized_keys"
        authorized.write_text(f"restrict,port-forwarding{options} {self._client_key_line}\n")
        give(authorized, 0o600)
        routes = self.folder / "routes.json"
        routes.write_text(json.dumps([[*seen, *real] for seen, real in self._inner.items()]))
        give(routes, 0o600)
        config = self.folder / "sshd_config"
        sftp = SFTP.format(archive=self._archive) if self._archive else ""
        config.write_text(
            CONFIG.format(port=self.port, address=self.host, folder=self.folder) + sftp
        )
        give(config, 0o600)
        self.process.start(self._greets)

    @property
    def is_running(self) -> bool:
        return self.process.is_running

    def stop(self) -> None:
        """End the server and, at once, every connection through it."""
        self.process.kill()

    def freeze(self) -> None:
        """Let every connection and the port stay open, and nothing answer any more."""
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()

    def renew_host_key(self) -> None:
        """Take another host key, as a re-installed or a false server has; stop() first."""
        (self.folder / "host_key").unlink()
        self.host_key_line = _make_key(self.folder / "host_key")

    def _command(self) -> list[str | Path]:
        if self.kind == "openssh":
            return [OPENSSH, "-D", "-e", "-f", self.folder / "sshd_config"]
        command: list[str | Path] = [sys.executable, "-m", "fleet.demo.python_sshd"]
        return [*command, self.folder, str(self.port), *([self._archive] if self._archive else [])]

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(self._address, 1) as client:
            client.settimeout(1)
            return client.recv(4) == b"SSH-"
        return False

    @property
    def _address(self) -> Address:
        return self.host, self.port


def available_kinds() -> list[Kind]:
    """Return the kinds of server that this machine can run, the preferred one first."""
    return ["openssh", "asyncssh"] if OPENSSH.exists() else ["asyncssh"]


def _resolve(kind: Kind) -> Kind:
    if kind == "any":
        return available_kinds()[0]
    if kind not in available_kinds():
        raise ServerError("OpenSSH's server is not installed: apt-get install openssh-server.")
    return kind


def _make_key(path: Path) -> str:
    """Return the public line of the ed25519 key in this file, made when it is not there."""
    public = path.with_suffix(".pub")
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        path.touch(mode=0o600)
        give(path, 0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        public.write_bytes(line + b"\n")
    return public.read_text().strip()
