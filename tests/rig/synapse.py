"""A real server of Matrix on loopback, with accounts and a room."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from fleet.demo import synapse
from fleet.demo.synapse import OF_ITS_OWN, PROJECT

INSTALLED_WITHIN_S = 500


def install() -> bool:
    """Install it where it is missing, while other tests run; return whether it is there."""
    command = [PROJECT / "bin" / "install-synapse", OF_ITS_OWN.parents[1]]
    subprocess.run(command, check=True, timeout=INSTALLED_WITHIN_S)
    return OF_ITS_OWN.exists()


class Synapse(synapse.Synapse):
    """Started by `start`; everybody may register."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, OF_ITS_OWN)

    def register(self, name: str, password: str = "secret") -> Account:
        return Account(self.url, super().register(name, password).token)


class Account(synapse.Account):
    """What one person does with the server."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self._url = url

    def leave(self, room: str) -> None:
        self.ask("POST", f"/rooms/{quote(room)}/leave", json={})

    def messages(self, room: str) -> list[dict[str, Any]]:
        """Return the events of the room that hold text, oldest first."""
        wanted = {"dir": "b", "limit": "100", "filter": json.dumps({"types": ["m.room.message"]})}
        answer = self.ask("GET", f"/rooms/{quote(room)}/messages", params=wanted)
        return list(reversed(answer["chunk"]))

    def picture(self, address: str) -> bytes:
        """Return the file behind an address mxc://server/name."""
        folder = self._url + "/_matrix/client/v1/media/download/"
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.get(folder + address.removeprefix("mxc://"), headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.content
