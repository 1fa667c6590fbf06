"""Network namespaces: regions whose own networks have the same addresses. Linux, root only."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fleet.demo.servers import Process

CLONE_NEWNET = 0x40000000
# Carries connections from an address of the namespace to a unix socket, which any can reach.
CARRIER = """
import asyncio, sys
host, port, target = sys.argv[1:]
async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def carry(reader, writer):
    other_reader, other_writer = await asyncio.open_unix_connection(target)
    await asyncio.gather(
        copy(reader, other_writer), copy(other_reader, writer), return_exceptions=True
    )
async def serve():
    server = await asyncio.start_server(carry, host, int(port))
    await server.serve_forever()
asyncio.run(serve())
"""


class Namespace:
    """A region's network: reached from here at `gate` only, with addresses of its own inside."""

    def __init__(self, number: int) -> None:
        self.name = f"fleet-{os.getpid()}-{number}"
        self.near, self.gate = f"10.213.{number}.1", f"10.213.{number}.2"
        self._near_link, self._far_link = f"fl{os.getpid()}n{number}", f"fl{os.getpid()}f{number}"
        self._carriers: list[Process] = []

    def create(self) -> None:
        _ip("netns", "add", self.name)
        _ip("link", "add", self._near_link, "type", "veth", "peer", "name", self._far_link)
        _ip("link", "set", self._far_link, "netns", self.name)
        _ip("addr", "add", f"{self.near}/30", "dev", self._near_link)
        _ip("link", "set", self._near_link, "up")
        for arguments in (
            ("addr", "add", f"{self.gate}/30", "dev", self._far_link),
            ("link", "set", self._far_link, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", self.name, *arguments)

    def remove(self) -> None:
        for carrier in self._carriers:
            carrier.stop()
        for arguments in (("link", "del", self._near_link), ("netns", "del", self.name)):
            with suppress(subprocess.CalledProcessError):
                _ip(*arguments)

    def show_inside(self, host: str, port: int, target: Path, log: Path) -> None:
        """Let `host`:`port` inside lead to a unix socket."""
        _ip("-n", self.name, "addr", "add", f"{host}/32", "dev", "lo")
        command = [sys.executable, "-c", CARRIER, host, str(port), str(target)]
        carrier = Process(f"carrier {self.name}", command, log)
        self._carriers.append(carrier)
        with self.entered():
            carrier.start(lambda: _accepts(host, port))

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Be inside with this thread; processes started meanwhile stay inside."""
        with (
            Path("/proc/thread-self/ns/net").open() as home,
            Path(f"/run/netns/{self.name}").open() as there,
        ):
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())


def _accepts(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=10)
