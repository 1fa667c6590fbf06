"""The demo's servers and processes: started in order, watched, stopped in the other order."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Protocol

from fleet.demo.folder import DemoFolder
from fleet.demo.orthanc import Orthanc
from fleet.demo.postgres import Cluster
from fleet.demo.servers import Process, ServerError, tail
from fleet.demo.ssh import SshServer
from fleet.demo.synapse import Synapse
from fleet.demo.valkey import Valkey


class Child(Protocol):
    """What the demo must know of each of its servers."""

    name: str
    log: Path

    @property
    def is_running(self) -> bool: ...
    def stop(self) -> None: ...


class Children:
    """Every server that runs now. `stop_all` leaves none behind, whatever happened before."""

    def __init__(self, folder: DemoFolder) -> None:
        self._folder = folder
        self._running: list[Child] = []

    def start(
        self, child: Process | Cluster | Valkey | SshServer | Orthanc | Synapse, *arguments: Any
    ) -> None:
        """Start a server and wait until it is ready. Raises ServerError."""
        self._running.append(child)
        child.start(*arguments)
        # PostgreSQL writes its own number down, and a cluster ends the server that it finds.
        if not isinstance(child, Cluster):
            self._folder.remember(child if isinstance(child, Process) else child.process)

    def stop(self, child: Child) -> None:
        """Stop one before the others."""
        child.stop()
        self._running.remove(child)

    def check(self) -> None:
        """Raise ServerError with the last words of the first that ended by itself."""
        for child in self._running:
            if not child.is_running:
                raise ServerError(
                    f"{child.name} ended. The end of its log, {child.log}:\n{tail(child.log)}"
                )

    def stop_all(self) -> None:
        """Stop the last started first; one that cannot be stopped does not keep the others."""
        while self._running:
            child = self._running.pop()
            try:
                child.stop()
            except Exception as error:
                print(f"{child.name} could not be stopped: {error}", file=sys.stderr)
