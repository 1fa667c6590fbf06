"""A real server of Matrix on loopback, with accounts and a room."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import yaml

from fleet.demo.servers import LOOPBACK, Process, free_port, is_listening

VENV = Path(__file__).resolve().parents[2] / "build" / "synapse"
STARTS_WITHIN_S = 60
MANY = {"per_second": 1000, "burst_count": 1000}


def is_installed() -> bool:
    return (VENV / "bin" / "synapse_homeserver").exists()


class Synapse:
    """Started by `start`; everybody may register."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"
        config = folder / "homeserver.yaml"
        config.write_text(yaml.safe_dump(self._config(folder)))
        self._command = [VENV / "bin/python", "-m", "synapse.app.homeserver", "-c", config]
        self._process = Process("synapse", self._command, folder / "synapse.log", cwd=folder)

    def start(self) -> None:
        command = [*self._command, "--generate-keys"]
        subprocess.run(command, check=True, capture_output=True, timeout=STARTS_WITHIN_S)
        self._process.start(lambda: is_listening(self._port), timeout=STARTS_WITHIN_S)

    def stop(self) -> None:
        self._process.stop(timeout=5)

    def register(self, name: str) -> Account:
        content = {"username": name, "password": "secret", "auth": {"type": "m.login.dummy"}}
        answer = httpx.post(f"{self.url}/_matrix/client/v3/register", json=content, timeout=20)
        answer.raise_for_status()
        return Account(self.url, answer.json()["access_token"])

    def _config(self, folder: Path) -> dict[str, Any]:
        listener = {
            "port": self._port,
            "type": "http",
            "bind_addresses": [LOOPBACK],
            "resources": [{"names": ["client", "media"]}],
        }
        return {
            "server_name": "fleet.test",
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": {"database": str(folder / "matrix.db")}},
            "signing_key_path": str(folder / "signing.key"),
            "media_store_path": str(folder / "media"),
            "pid_file": str(folder / "synapse.pid"),
            "enable_registration": True,
            "enable_registration_without_verification": True,
            "report_stats": False,
            "trusted_key_servers": [],
            "rc_message": MANY,
            "rc_registration": MANY,
        }


class Account:
    """What one person does with the server."""

    def __init__(self, url: str, token: str) -> None:
        self.token = token
        self._url = url
        self._client = httpx.Client(
            base_url=f"{url}/_matrix/client/v3",
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )

    def make_room(self) -> str:
        return str(self._post("/createRoom", {"preset": "public_chat"})["room_id"])

    def join(self, room: str) -> None:
        self._post(f"/join/{quote(room)}", {})

    def leave(self, room: str) -> None:
        self._post(f"/rooms/{quote(room)}/leave", {})

    def messages(self, room: str) -> list[dict[str, Any]]:
        """Return the events of the room that hold text, oldest first."""
        wanted = {"dir": "b", "limit": "100", "filter": json.dumps({"types": ["m.room.message"]})}
        answer = self._client.get(f"/rooms/{quote(room)}/messages", params=wanted)
        answer.raise_for_status()
        return list(reversed(answer.json()["chunk"]))

    def picture(self, address: str) -> bytes:
        """Return the file behind an address mxc://server/name."""
        folder = self._url + "/_matrix/client/v1/media/download/"
        answer = self._client.get(folder + address.removeprefix("mxc://"))
        answer.raise_for_status()
        return answer.content

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post(path, json=content)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
