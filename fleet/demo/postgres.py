"""An embedded PostgreSQL cluster on a loopback port and a unix socket."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from fleet.demo.postgres_binaries import Flavour, find_binaries, postgres_version
from fleet.demo.servers import (
    LOOPBACK,
    ServerError,
    free_port,
    give,
    is_free,
    make_folder,
    tail,
    unprivileged,
)

SUPERUSER = "postgres"
# A path to a unix socket has at most 107 characters on Linux and 103 on macOS.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.65535")
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": LOOPBACK,
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "log_line_prefix": "%m %q%u@%d ",
}


class Cluster:
    """One PostgreSQL server with its data in `folder`; a folder that exists is used again.

    The superuser's random password, the port and the log lie in the folder. A first cluster
    beside others leaves a template there, of which the next ones are copies.
    """

    def __init__(
        self,
        folder: Path,
        *,
        flavour: Flavour = "any",
        max_connections: int = 100,
        shared_buffers: str = SETTINGS["shared_buffers"],
        port: int | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.flavour = flavour
        self.max_connections = max_connections
        self.shared_buffers = shared_buffers
        self.name = f"PostgreSQL {self.folder.name}"
        self.data = self.folder / "data"
        self.socket_folder = self.folder / "socket"
        self.log = self.folder / "log"
        self.port = port or 0
        self.binaries = Path()
        self._password = ""

    def start(self) -> None:
        """Create the cluster when it is new, start it; it accepts connections on return.

        Raises ServerError with the server's last words.
        """
        if len(str(self.socket_folder)) > LONGEST_SOCKET_FOLDER:
            raise ServerError(
                f"{self.folder}: too long a path for a unix socket. Choose a shorter folder."
            )
        make_folder(self.folder)
        self.binaries = find_binaries(self.flavour, self.folder.parent)
        if not (self.data / "PG_VERSION").exists():
            self._copy_template()
        self._password = (self.folder / "password").read_text()
        self.socket_folder.mkdir(exist_ok=True)
        give(self.socket_folder, 0o755)
        self.folder.chmod(0o711)
        self.stop()
        self._listen()

    def stop(self) -> None:
        """End the server and its sessions at once, without loss of committed rows."""
        if self.pid is not None:
            self._run("pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-t", "20")

    @property
    def pid(self) -> int | None:
        """The server's process, or None when it does not run."""
        try:
            process = psutil.Process(
                int((self.data / "postmaster.pid").read_text().splitlines()[0])
            )
            # After a crash the file may name somebody else's process, or one that only awaits
            # that its parent takes note.
            is_ours = process.name().startswith("postgres")
            return process.pid if is_ours and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    @property
    def is_running(self) -> bool:
        return self.pid is not None

    def url(self, database: str, user: str, password: str) -> str:
        """Return a libpq URL over TCP for this login."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{login}@{LOOPBACK}:{self.port}/{quote(database, safe='')}"

    def superuser_url(self, database: str = "postgres") -> str:
        """Return the superuser's libpq URL; it holds the password."""
        return self.url(database, SUPERUSER, self._password)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """Return an autocommit connection of the superuser."""
        return psycopg.connect(self.superuser_url(database), autocommit=True, connect_timeout=10)

    def execute(self, statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run SQL as the superuser and return the last statement's rows, if it has any."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(statements.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def create_database(
        self, name: str, owner: str = SUPERUSER, template: str = "template1"
    ) -> None:
        """Create a database, or leave the one that is there."""
        with self.connect() as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if there.fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                        sql.Identifier(name), sql.Identifier(owner), sql.Identifier(template)
                    )
                )

    def _copy_template(self) -> None:
        template = self.folder.parent / f"template-{postgres_version(self.binaries)}"
        if not (template / "data" / "PG_VERSION").exists():
            self._initialise(template)
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.copytree(template / "data", self.data)
        shutil.copy(template / "password", self.folder / "password")
        for path in [self.data, self.folder / "password", *self.data.rglob("*")]:
            give(path, 0o700 if path.is_dir() else 0o600)

    def _initialise(self, template: Path) -> None:
        make_folder(template)
        password = template / "password"
        password.touch(mode=0o600)
        give(password, 0o600)
        password.write_text(secrets.token_urlsafe(24))
        shutil.rmtree(template / "data", ignore_errors=True)
        self._run(
            *("initdb", "-D", template / "data", "-U", SUPERUSER, "--pwfile", password),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
        )

    def _listen(self) -> None:
        """Start on the port asked for, else on that of last time or another that is free."""
        remembered = self.folder / "port"
        last = int(remembered.read_text()) if remembered.exists() else free_port()
        wanted = [self.port] if self.port else [last, free_port(), free_port()]
        if not any(is_free(port) for port in wanted):
            raise ServerError(f"Port {wanted[0]} is taken: end what listens there.")
        self.port = next(port for port in wanted if is_free(port))
        self._write_settings()
        try:
            self._run(*("pg_ctl", "start", "-D", self.data, "-l", self.log, "-w", "-t", "30", "-s"))
        except ServerError as error:
            raise ServerError(f"{error}\n{tail(self.log)}") from error
        remembered.write_text(str(self.port))

    def _write_settings(self) -> None:
        settings = SETTINGS | {
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_folder),
            "max_connections": str(self.max_connections),
            "shared_buffers": self.shared_buffers,
        }
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        auto = self.data / "postgresql.auto.conf"
        auto.write_text("".join(lines))

    def _run(self, program: str, *arguments: str | Path) -> None:
        # A pipe would be inherited by the server and never close: the output goes to a file.
        said = self.folder / f"{program}.log"
        with said.open("wb") as output:
            done = subprocess.run(
                [self.binaries / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                check=False,
                timeout=60,
                **unprivileged(),
            )
        if done.returncode:
            raise ServerError(f"{program} failed in {self.folder}:\n{tail(said)}")
