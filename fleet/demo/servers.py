"""What the embedded servers share: ports, the unprivileged account, child processes, the error."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import psutil

LOOPBACK = "127.0.0.1"
# Below Linux's range of outgoing ports, so that no client's connection takes a chosen port.
PORTS = range(15_000, 32_000)
# Not the module's own generator, which two processes may have seeded alike.
_RANDOM = random.SystemRandom()
# Made for daemons that must own some files; OpenSSH takes `nobody` for a locked account.
ACCOUNT = "daemon"


class ServerError(Exception):
    """An embedded server that does not run; the message says which, why and the remedy."""


class Account(TypedDict, total=False):
    """The arguments of `subprocess` that give up root."""

    user: int
    group: int
    extra_groups: list[int]


def unprivileged() -> Account:
    """Return another account when this process is root, else nothing: the process's own user."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(ACCOUNT)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def give(path: Path, mode: int) -> None:
    """Make `path` the unprivileged account's own, with this mode."""
    path.chmod(mode)
    if account := unprivileged():
        os.chown(path, account["user"], account["group"])


def make_folder(folder: Path) -> Path:
    """Create `folder` for a server that runs unprivileged and return its absolute path.

    Raises ServerError when that account cannot reach it, which happens to root below a folder
    with mode 700, such as root's home.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    give(folder, 0o700)
    if subprocess.run(["test", "-w", folder], cwd="/", check=False, **unprivileged()).returncode:
        raise ServerError(
            f"{folder}: the user “{ACCOUNT}”, as whom servers run when you are root, cannot"
            " reach it. Choose a folder below /var/tmp or /tmp."
        )
    return folder


def free_port() -> int:
    """Return a loopback port on which nothing listens now."""
    for port in _RANDOM.sample(PORTS, 200):
        if is_free(port):
            return port
    raise ServerError("No free loopback port was found: end what you do not need.")


def is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def is_listening(port: int) -> bool:
    """Say whether something accepts connections on this loopback port."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return True
    return False


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, or nothing when there is no log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


class Process:
    """One child process with its log, in a session of its own so that Ctrl-C does not reach it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | str = "/",
        account: Account | None = None,
    ) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.env = env
        self.cwd = cwd
        self.account: Account = account or {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, is_ready: Callable[[], bool] = lambda: True, timeout: float = 10) -> None:
        """Start the process and return when it is ready. Raises ServerError with its last words."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                cwd=self.cwd,
                start_new_session=True,
                **self.account,
            )
        try:
            self._await(is_ready, timeout)
        except BaseException:
            self.stop(timeout=1)
            raise

    def _await(self, is_ready: Callable[[], bool], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while self.is_running:
            if is_ready():
                return
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.name} was not ready within {timeout:.0f} s:\n{tail(self.log)}"
                )
            time.sleep(0.02)
        raise ServerError(f"{self.name} ended at its start:\n{tail(self.log)}")

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the process ended; None while it runs, negative when a signal ended it."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int:
        """The process's number. Raises ServerError when it was never started."""
        if self._process is None:
            raise ServerError(f"{self.name} was not started.")
        return self._process.pid

    def family(self) -> list[psutil.Process]:
        """Return the process and all its descendants, as far as they live."""
        if not self.is_running:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            leader = psutil.Process(self.pid)
            return [leader, *leader.children(recursive=True)]
        return []

    def freeze(self) -> list[psutil.Process]:
        """Suspend the process and its descendants and return them."""
        frozen: list[psutil.Process] = []
        # One that forks while it is being suspended leaves a child that the last look missed.
        while young := [member for member in self.family() if member not in frozen]:
            for member in young:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.suspend()
            frozen += young
            time.sleep(0.01)
        return frozen

    def thaw(self) -> None:
        for member in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                member.resume()

    def kill(self) -> None:
        """End the process and its descendants at once."""
        _kill(self.freeze())
        if self._process is not None:
            self._process.wait(5)

    def stop(self, timeout: float = 10) -> None:
        """End the process: SIGTERM to it, after `timeout` seconds SIGKILL to what is left."""
        if self._process is None:
            return
        family = self.family()
        if self.is_running:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
        _kill(family)
        self._process.wait(5)


def _kill(family: list[psutil.Process]) -> None:
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=5)
