"""Where processor time goes: to the collector, the center, the regions or the line between."""

from __future__ import annotations

import os

import psutil

from bench.rig import Line, center
from fleet.demo.postgres import Cluster


class Processors:
    """The processes of a bench by what they are for."""

    def __init__(self, regions: Cluster, line: Line) -> None:
        with center() as connection:
            central = psutil.Process(connection.info.backend_pid).ppid()
        self._pids = {
            "the regions": regions.pid,
            "the center": central,
            "the collector": os.getpid(),
            "the line": line.process.pid,
        }

    def spent_s(self) -> dict[str, float]:
        """Return the seconds of processor time that each kind has taken so far."""
        return {kind: _with_children(psutil.Process(pid)) for kind, pid in self._pids.items()}


def stolen_s() -> float:
    """Return the seconds so far in which this virtual machine's processors were kept from it."""
    return float(getattr(psutil.cpu_times(), "steal", 0))


def _with_children(process: psutil.Process) -> float:
    """Return the time of a server with its backends; of ourselves, who started all, our own."""
    own = process.cpu_times()
    spent = own.user + own.system
    if process.pid == os.getpid():
        return spent
    spent += own.children_user + own.children_system
    for backend in process.children():
        try:
            times = backend.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
    return spent
