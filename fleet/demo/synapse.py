"""Synapse, a server of Matrix, on loopback: where it is installed, alerts go to a room of it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import yaml

from fleet.demo.servers import LOOPBACK, Process, ServerError, free_port, is_listening

PROJECT = Path(__file__).resolve().parents[2]
# Where bin/install-synapse puts it: its dependencies need not fit ours.
OF_ITS_OWN = PROJECT / "build" / "synapse" / "bin" / "python"
STARTS_WITHIN_S = 60.0
ASKS_WITHIN_S = 20.0
BOT, SERVER_NAME = "fleet", "fleet.test"
MANY = {"per_second": 1000, "burst_count": 1000}


@dataclass(frozen=True, slots=True)
class Room:
    """A room and the bot's access token, which stay the same when the demo starts again."""

    address: str
    token: str


def find_synapse() -> Path | None:
    """Return the Python that has Synapse; None where none does, or FLEET_DEMO_SYNAPSE is 0."""
    if os.environ.get("FLEET_DEMO_SYNAPSE") == "0":
        return None
    if importlib.util.find_spec("synapse"):
        return Path(sys.executable)
    return OF_ITS_OWN if OF_ITS_OWN.exists() else None


class Synapse:
    """A server whose accounts anybody on this machine may make."""

    def __init__(self, folder: Path, python: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder = folder.absolute()
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"
        config = str(self._folder / "homeserver.yaml")
        self._command = [str(python), "-m", "synapse.app.homeserver", "-c", config]
        self.name = "Synapse"
        self.log = self._folder / "synapse.log"
        self.process = Process(self.name, self._command, self.log, cwd=self._folder)

    @property
    def is_running(self) -> bool:
        return self.process.is_running

    def start(self) -> None:
        """Start the server; it is ready on return. Raises ServerError."""
        config = self._folder / "homeserver.yaml"
        config.write_text(yaml.safe_dump(self._config()))
        command = [*self._command, "--generate-keys"]
        done = subprocess.run(command, capture_output=True, timeout=STARTS_WITHIN_S, check=False)
        if done.returncode:
            raise ServerError(f"Synapse makes no keys:\n{done.stderr.decode()[-2000:]}")
        self.process.start(lambda: is_listening(self._port), timeout=STARTS_WITHIN_S)

    def stop(self) -> None:
        self.process.stop(timeout=5)

    def register(self, name: str, password: str) -> Account:
        """Make an account."""
        content = {"username": name, "password": password, "auth": {"type": "m.login.dummy"}}
        address = f"{self.url}/_matrix/client/v3/register"
        answer = httpx.post(address, json=content, timeout=ASKS_WITHIN_S)
        answer.raise_for_status()
        return Account(self.url, answer.json()["access_token"])

    def room(self, reader: str, password: str) -> Room:
        """Return the room of alerts, which the reader has joined; made at the first time."""
        kept = self._folder / "room.json"
        if not kept.exists():
            bot, person = self.register(BOT, password), self.register(reader, password)
            made = Room(bot.make_room(), bot.token)
            person.join(made.address)
            kept.touch(mode=0o600)
            kept.write_text(json.dumps(asdict(made)))
        return Room(**json.loads(kept.read_text()))

    def _config(self) -> dict[str, Any]:
        listener = {
            "port": self._port,
            "type": "http",
            "bind_addresses": [LOOPBACK],
            "resources": [{"names": ["client", "media"]}],
        }
        return {
            "server_name": SERVER_NAME,
            "listeners": [listener],
            "database": {
                "name": "sqlite3",
                "args": {"database": str(self._folder / "matrix.db")},
            },
            "signing_key_path": str(self._folder / "signing.key"),
            "media_store_path": str(self._folder / "media"),
            "pid_file": str(self._folder / "synapse.pid"),
            "enable_registration": True,
            "enable_registration_without_verification": True,
            "report_stats": False,
            "trusted_key_servers": [],
            "rc_message": MANY,
            "rc_registration": MANY,
        }


class Account:
    """What one person, or bot, does with the server."""

    def __init__(self, url: str, token: str) -> None:
        self.token = token
        self._base = f"{url}/_matrix/client/v3"

    def make_room(self) -> str:
        """Return the address of a new room, into which anybody may come."""
        content = {"preset": "public_chat", "name": "Fleet"}
        return str(self.ask("POST", "/createRoom", json=content)["room_id"])

    def join(self, room: str) -> None:
        self.ask("POST", f"/join/{quote(room)}", json={})

    def ask(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        """Return the server's answer; raises httpx.HTTPError for a refusal."""
        headers = {"Authorization": f"Bearer {self.token}"}
        address = self._base + path
        answer = httpx.request(method, address, headers=headers, timeout=ASKS_WITHIN_S, **what)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
