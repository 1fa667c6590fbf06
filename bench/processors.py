"""Where processor time goes: to the collector, the center, the regions or the line between."""

from __future__ import annotations

import os
import time

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
        return {kind: _with_children(pid) for kind, pid in self._pids.items()}


def stolen_s() -> float:
    """Return the seconds so far in which this virtual machine's processors were kept from it."""
    return float(getattr(psutil.cpu_times(), "steal", 0))


def _with_children(pid: int) -> float:
    """Return the time of a server with its backends; of ourselves, who started all, our own."""
    if pid == os.getpid():
        return time.process_time()
    server = psutil.Process(pid)
    ended = server.cpu_times()
    spent = _own_s(pid) + ended.children_user + ended.children_system
    for backend in server.children():
        try:
            spent += _own_s(backend.pid)
        except OSError:
            continue
    return spent


def _own_s(pid: int) -> float:
    """Return a process's time by its clock, whose number is that of clock_getcpuclockid(3).

    What /proc tells is cut to hundredths of a second, twice: ten milliseconds of a new backend.
    Raises OSError when the process has ended.
    """
    return time.clock_gettime((~pid << 3) | 2)
