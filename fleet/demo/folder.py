"""The demo's folder: where everything that it keeps lies, and its secrets."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from fleet.demo.servers import Process, ServerError, make_folder

PROJECT = Path(__file__).resolve().parents[2]
# Below it lie unix sockets, whose paths are limited to about 104 bytes.
LONGEST = 47


class DemoFolder:
    """One demo's folder. Each secret is a file of mode 600, made at first use and kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("secrets", "pids", "logs"):
            (path / name).mkdir(mode=0o700, exist_ok=True)

    @property
    def sockets(self) -> Path:
        """The folder of the tunnels' sockets, which PostgreSQL must reach."""
        folder = self.path / "sockets"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
        return folder

    @property
    def exports(self) -> Path:
        """Where exported studies lie."""
        folder = self.path / "exports"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name.replace(' ', '-')}.log"

    @property
    def messages(self) -> Path:
        """What the messenger of the console has said."""
        return self.path / "messages.txt"

    def secret_file(self, name: str) -> Path:
        """Return the file that holds the secret of this name."""
        file = self.path / "secrets" / name
        if not file.exists():
            draft = file.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(24))
            draft.rename(file)
        return file

    def secret(self, name: str) -> str:
        return self.secret_file(name).read_text()

    def check_version(self, made_of: str) -> None:
        """Refuse a folder whose databases another version of Fleet made."""
        version = hashlib.sha256(made_of.encode()).hexdigest()
        file = self.path / "version"
        if file.exists() and file.read_text() != version:
            raise ServerError(
                f"{self.path} was made by another version of Fleet: remove it, or set"
                " FLEET_DEMO_DIR to another folder."
            )
        file.write_text(version)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let only one demo use the folder at a time."""
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ServerError(
                    f"A demo already runs in {self.path}: stop it, or set FLEET_DEMO_DIR."
                ) from None
            yield

    def remember(self, process: Process) -> None:
        """Write down a child, so that the next demo can end it should this one be killed."""
        with suppress(psutil.NoSuchProcess):
            born = psutil.Process(process.pid).create_time()
            file = self.path / "pids" / process.name.replace(" ", "-")
            file.write_text(f"{process.pid} {born}")

    def end_leftovers(self) -> None:
        """End the children of a demo that was killed, unless their numbers are others' by now."""
        for file in (self.path / "pids").iterdir():
            pid, born = file.read_text().split()
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(int(pid))
                if process.create_time() == float(born):
                    family = [process, *process.children(recursive=True)]
                    for member in family:
                        with suppress(psutil.NoSuchProcess):
                            member.kill()
                    psutil.wait_procs(family, timeout=5)
            file.unlink()


def open_folder(asked: str | None) -> DemoFolder:
    """Return the folder asked for, else .demo in the project, else one below /var/tmp.

    The last is for root with the project in a closed home, where servers without root's rights
    cannot go, and for projects so deep that sockets below would have too long a path.
    Raises ServerError with the remedy.
    """
    if asked:
        return DemoFolder(_prepare(Path(asked).absolute()))
    project = PROJECT / ".demo"
    with suppress(ServerError):
        return DemoFolder(_prepare(project))
    return DemoFolder(_prepare(Path(f"/var/tmp/fleet-demo-{os.geteuid()}")))  # noqa: S108


def _prepare(path: Path) -> Path:
    if len(bytes(path)) > LONGEST:
        raise ServerError(
            f"{path}: too long a path for the sockets below it. Set FLEET_DEMO_DIR to a folder"
            f" of at most {LONGEST} characters."
        )
    is_new = not path.exists()
    path.mkdir(mode=0o711, parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise ServerError(f"{path} is somebody else's: set FLEET_DEMO_DIR to a folder of yours.")
    path.chmod(0o711)
    try:
        make_folder(path / "center")
    except ServerError:
        if is_new:
            shutil.rmtree(path)
        raise
    return path
