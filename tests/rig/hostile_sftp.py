"""An SFTP server with one study of one file, which answers just what a test tells it."""

from __future__ import annotations

import functools
import socket
import stat
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import cast

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fleet.demo.servers import LOOPBACK
from fleet.exports.ways.sftp_messages import Kind
from regions.ssh import Hop

# (the request's number, its body) -> what is sent for it.
Script = Callable[[int, bytes], Iterable[bytes]]
CONTENT = bytes(range(256)) * 400
END = 1


def message(kind: int, body: bytes) -> bytes:
    return struct.pack(">IB", len(body) + 1, kind) + body


def string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def status(number: int, code: int) -> bytes:
    return message(Kind.STATUS, struct.pack(">II", number, code) + string(b"") * 2)


def attributes(mode: int = stat.S_IFREG, n_bytes: int = len(CONTENT), modified_s: int = 7) -> bytes:
    return struct.pack(">IQIII", 1 | 4 | 8, n_bytes, mode, modified_s, modified_s)


def names(number: int, *entries: tuple[bytes, bytes]) -> bytes:
    """Return the answer to READDIR or REALPATH; entries are names with attributes."""
    body = b"".join(string(name) + string(b"") + known for name, known in entries)
    return message(Kind.NAME, struct.pack(">II", number, len(entries)) + body)


class HostileSftp:
    """What is not in `scripts` is answered as it should be; study 1.2.3 has the file IM0."""

    def __init__(self, scripts: dict[Kind, Script], client_key: Path) -> None:
        self._scripts = {**self._honest(), **scripts}
        self._listed = 0
        self._client_key = client_key
        client_key.write_text(_key())
        self._key = paramiko.Ed25519Key.from_private_key(StringIO(_key()))
        self._listener = socket.create_server((LOOPBACK, 0))
        self._transports: list[paramiko.Transport] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def hop(self) -> Hop:
        host, port = cast(tuple[str, int], self._listener.getsockname())
        line = f"{self._key.get_name()} {self._key.get_base64()}"
        return Hop(host, port, "fleet", f"file:{self._client_key}", "", line)

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for transport in self._transports:
            transport.close()

    def _accept(self) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            while True:
                wire, _address = self._listener.accept()
                transport = paramiko.Transport(wire)
                self._transports.append(transport)
                transport.add_server_key(self._key)
                transport.start_server(server=_Welcoming())
                threading.Thread(target=self._serve, args=(transport,), daemon=True).start()

    def _serve(self, transport: paramiko.Transport) -> None:
        channel = transport.accept(10)
        with suppress(OSError, EOFError):
            while channel is not None and (head := _exactly(channel, 5)):
                length, kind = struct.unpack(">IB", head)
                body = _exactly(channel, length - 1)
                number = int.from_bytes(body[:4], "big")
                for piece in self._scripts[Kind(kind)](number, body[4:]):
                    channel.sendall(piece)

    def _honest(self) -> dict[Kind, Script]:
        folder, file = attributes(stat.S_IFDIR), attributes()

        def list_once(number: int, _body: bytes) -> Iterable[bytes]:
            self._listed += 1
            yield names(number, (b"IM0", file)) if self._listed % 2 else status(number, END)

        def read(number: int, body: bytes) -> Iterable[bytes]:
            offset, length = struct.unpack(">QI", body[-12:])
            piece = CONTENT[offset : offset + length]
            data = struct.pack(">I", number) + string(piece)
            yield message(Kind.DATA, data) if piece else status(number, END)

        def look(number: int, body: bytes) -> Iterable[bytes]:
            known = file if body.endswith(b"IM0") else folder
            yield message(Kind.ATTRIBUTES, struct.pack(">I", number) + known)

        def resolve(number: int, body: bytes) -> Iterable[bytes]:
            path = body[4:]
            yield names(number, (b"/studies" if path == b"." else path, folder))

        def handle(number: int, _body: bytes) -> Iterable[bytes]:
            yield message(Kind.HANDLE, struct.pack(">I", number) + string(b"h"))

        return {
            Kind.INIT: lambda _number, _body: [message(Kind.VERSION, struct.pack(">I", 3))],
            Kind.LSTAT: look,
            Kind.FSTAT: lambda number, _body: look(number, b"IM0"),
            Kind.REALPATH: resolve,
            Kind.OPENDIR: handle,
            Kind.OPEN: handle,
            Kind.READDIR: list_once,
            Kind.READ: read,
            Kind.CLOSE: lambda number, _body: [status(number, 0)],
        }


class _Welcoming(paramiko.ServerInterface):
    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        return True


@functools.cache
def _key() -> str:
    """Return one private key for all servers and clients, since each takes its time."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def _exactly(channel: paramiko.Channel, n_bytes: int) -> bytes:
    received = b""
    while len(received) < n_bytes and (piece := channel.recv(n_bytes - len(received))):
        received += piece
    return received
