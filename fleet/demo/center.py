"""The demo's center: its database with Fleet's roles, and each process's environment."""

from __future__ import annotations

import base64
import grp
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from psycopg import sql

from fleet import processes
from fleet.demo.folder import PROJECT, DemoFolder
from fleet.demo.postgres import Cluster
from fleet.demo.servers import LOOPBACK, Process, ServerError, unprivileged
from fleet.demo.valkey import Valkey
from regions.sql import sql_file

DATABASE = "fleet"
ROLES = ("fleet_admin", "fleet_collect", "fleet_web", "fleet_adhoc", "fleet_studies")


class Center:
    """What Fleet's processes need to run, each with its own login."""

    def __init__(self, folder: DemoFolder, cluster: Cluster, broker: Valkey, port: int) -> None:
        self.folder = folder
        self.cluster = cluster
        self.broker = broker
        self.port = port

    def create_database(self) -> None:
        """Create the database and its roles, unless they are there, and set their passwords."""
        self.cluster.create_database(DATABASE)
        with self.cluster.connect(DATABASE) as superuser:
            known = superuser.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLES[0]])
            if known.fetchone() is None:
                with superuser.transaction():
                    superuser.execute(sql_file("roles.sql").encode())
            for role in ROLES:
                superuser.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(self.folder.secret(role))
                    )
                )

    def migrate(self) -> None:
        """Make the tables and grant the rights. Raises ServerError with the last words."""
        environment = self.environment("fleet_admin")
        for command in (processes.MIGRATE, processes.GRANT_ROLES):
            done = subprocess.run(
                runnable(command),
                cwd=PROJECT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            if done.returncode:
                raise ServerError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")

    def url(self, role: str) -> str:
        """Return the URL of this role's login, with its password."""
        return self.cluster.url(DATABASE, role, self.folder.secret(role))

    def environment(self, role: str) -> dict[str, str]:
        """Return the environment of a process that logs in as `role`; the web's has no admin."""
        ours = {
            "DJANGO_SETTINGS_MODULE": "fleet.settings",
            "FLEET_DATABASE_URL": self.url(role),
            "FLEET_REDIS_URL": self.broker.url,
            "FLEET_SECRET_KEY": self.folder.secret("secret-key") * 2,
            "FLEET_CREDENTIAL_KEYS": self._credential_key(),
            "FLEET_SOCKET_DIR": str(self.folder.sockets),
            "FLEET_ALLOWED_HOSTS": f"{LOOPBACK},localhost",
            "FLEET_SECURE_COOKIES": "false",
            "FLEET_LOG_LEVEL": "INFO",
            "FLEET_PUBLIC_URL": f"http://{LOOPBACK}:{self.port}",
            "FLEET_CONSOLE_FILE": str(self.folder.messages),
            "FLEET_EXPORT_DIR": str(self.folder.exports),
            "GUNICORN_CMD_ARGS": f"--bind={LOOPBACK}:{self.port}",
        }
        if role == "fleet_web":
            ours["FLEET_STUDIES_DATABASE_URL"] = self.url("fleet_studies")
        else:
            ours["FLEET_ADMIN_DATABASE_URL"] = self.url("fleet_admin")
            ours["FLEET_EXPORT_KEY"] = self.folder.secret("export-key")
            ours["FLEET_EXPORT_SIGNING_KEY"] = self._signing_key()
        if account := unprivileged():
            # The keeper runs as root, PostgreSQL does not: it must be let into the sockets.
            ours["FLEET_SOCKET_GROUP"] = grp.getgrgid(account["group"]).gr_name
        theirs = {name: v for name, v in os.environ.items() if not name.startswith("FLEET_")}
        return {**theirs, **ours}

    def process(self, name: str, command: tuple[str, ...], role: str) -> Process:
        """Return one of Fleet's processes, not yet started."""
        return Process(
            name,
            runnable(command),
            self.folder.log(name),
            env=self.environment(role),
            cwd=PROJECT,
        )

    def _credential_key(self) -> str:
        return base64.urlsafe_b64encode(self._bytes("credential-key")).decode()

    def _signing_key(self) -> str:
        key = Ed25519PrivateKey.from_private_bytes(self._bytes("signing-key"))
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def _bytes(self, name: str) -> bytes:
        """Return 32 bytes made of the secret of this name."""
        return hashlib.sha256(self.folder.secret(name).encode()).digest()


def runnable(command: tuple[str, ...]) -> list[str | Path]:
    """Return the command with this interpreter's own programs, wherever PATH leads."""
    program, *arguments = command
    module = [] if program == "python" else ["-m", program]
    return [sys.executable, *module, *arguments]
