"""TLS before a server that speaks none, as a hospital's proxy, with a CA of its own."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import threading
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fleet.clock import now
from fleet.demo.servers import LOOPBACK

PIECE = 2**16


class Authority:
    """A hospital's CA; `file` holds its certificate."""

    def __init__(self, file: Path) -> None:
        self._key = generate_private_key(SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Hospital CA")])
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        unsigned = _certificate(self._name, self._name, self._key)
        certificate = unsigned.add_extension(constraints, critical=True).sign(self._key, SHA256())
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.file = file

    def sign(self, address: str, file: Path) -> str:
        """Write a key and its certificate for a server there; return the SHA-256 fingerprint."""
        key = generate_private_key(SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "archive")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        unsigned = _certificate(name, self._name, key).add_extension(names, critical=False)
        certificate = unsigned.sign(self._key, SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


class TlsFront:
    """Ends TLS on a loopback port of its own and forwards to `target_port`."""

    host = LOOPBACK

    def __init__(self, certificate: Path, target_port: int) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._target_port = target_port
        self._writers: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._start(), self._loop)
        self.port = started.result(timeout=10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _start(self) -> int:
        self._server = await asyncio.start_server(self._forward, LOOPBACK, 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        # An aborted connection is closed in the loop's next turn.
        await asyncio.sleep(0.01)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with suppress(OSError, asyncio.CancelledError):
            # Not while it accepts: a handshake that is broken off would stay open unseen.
            await writer.start_tls(self._context)
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target_port)
            self._writers.append(far_writer)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(PIECE):
        target.write(piece)
        await target.drain()
    target.close()


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now() - timedelta(days=1),
        not_valid_after=now() + timedelta(days=1),
    )
