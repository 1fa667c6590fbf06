"""TLS on a region's stream: by a CA's file, or by the fingerprint of the archive's certificate."""

from __future__ import annotations

import hashlib
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from fleet.exports.ways.streams import BROKEN, hang_up, is_readable
from fleet.exports.ways.way import Trouble, WayFailed
from regions.ssh import Wire

# As OpenSSL prints it, or without its colons.
FINGERPRINT = re.compile(r"sha256:((?:[0-9a-f]{2}:?){32})", re.IGNORECASE)
FILE = "file:"
HANDSHAKE_WITHIN_S = 20.0
PIECE_BYTES = 2**18
# OpenSSL's numbers for a certificate that names another host or address.
OTHER_NAMES = {62, 64}
Done = TypeVar("Done")


@dataclass(frozen=True)
class Certificate:
    """By what an archive is known: `file:/path` of a CA's certificates, or `sha256:` and 64 digits.

    `source` names the archive in what is raised: WayFailed.
    """

    source: str
    known_by: str

    @property
    def pinned(self) -> str:
        """The fingerprint of the archive's own certificate; empty where a CA vouches for it."""
        known = FINGERPRINT.fullmatch(self.known_by)
        return known[1].replace(":", "").lower() if known else ""

    def secure(self, wire: Wire, host: str) -> TlsStream:
        """Return the wire with TLS on it, or close it and raise WayFailed."""
        try:
            secured = TlsStream(wire, self._context(), host)
            self._shake_hands(secured, host)
            self._compare(secured.certificate())
        except BaseException:
            hang_up(wire)
            raise
        return secured

    def _shake_hands(self, secured: TlsStream, host: str) -> None:
        secured.settimeout(HANDSHAKE_WITHIN_S)
        try:
            secured.shake_hands()
        except ssl.SSLCertVerificationError as error:
            raise self._unverified(error, host) from None
        except ssl.SSLError:
            raise self._no_tls() from None
        except TimeoutError:
            raise WayFailed(
                Trouble.TIMEOUT,
                f"{self.source} does not answer the TLS handshake in time."
                " Check that server and the line, and whether it speaks TLS on that port.",
            ) from None
        except BROKEN:
            raise WayFailed(
                Trouble.LINK,
                f"{self.source} broke off the TLS handshake, or the line did. It is tried again;"
                " if it goes on, check whether the archive speaks TLS on that port.",
            ) from None

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.pinned:
            # Such certificates are signed by nobody that we know; what they are is compared.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        path = self.known_by.removeprefix(FILE)
        try:
            context.load_verify_locations(path)
        except OSError as error:
            reason = "it is no PEM" if isinstance(error, ssl.SSLError) else error.strerror
            raise WayFailed(
                Trouble.CONFIGURATION,
                f"{self.source}: the file {path} cannot be read ({reason})."
                " Put the certificate of the archive's CA there as PEM, readable for the exporter.",
            ) from None
        return context

    def _compare(self, shown: bytes) -> None:
        fingerprint = hashlib.sha256(shown).hexdigest()
        if self.pinned and fingerprint != self.pinned:
            raise WayFailed(
                Trouble.AUTH,
                f"{self.source} shows the certificate sha256:{fingerprint}, but"
                f" sha256:{self.pinned} is pinned."
                " Somebody may stand between: ask the region's administrator before you pin"
                " another.",
            )

    def _unverified(self, error: ssl.SSLCertVerificationError, host: str) -> WayFailed:
        if error.verify_code in OTHER_NAMES:
            return WayFailed(
                Trouble.AUTH,
                f"{self.source} shows a certificate for another name than {host}. Write the host"
                " as the certificate names it, or pin the certificate's fingerprint.",
            )
        path = self.known_by.removeprefix(FILE)
        return WayFailed(
            Trouble.AUTH,
            f"{self.source} shows a certificate for which {path} does not vouch"
            f" ({error.verify_message}). Put the right CA's certificate there, or pin the"
            " archive's own by its fingerprint.",
        )

    def _no_tls(self) -> WayFailed:
        return WayFailed(
            Trouble.CONFIGURATION,
            f"{self.source} does not speak TLS as we do on that port. Check the port, and whether"
            " the archive offers TLS 1.2; leave the certificate empty for plain HTTP.",
        )


class TlsStream:
    """TLS on a wire; its memory stands between OpenSSL and a channel, which is no socket."""

    def __init__(self, wire: Wire, context: ssl.SSLContext, host: str) -> None:
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._timeout: float | None = None

    def settimeout(self, timeout: float | None) -> None:
        """Let the next wait end after so many seconds."""
        self._timeout = timeout

    def shake_hands(self) -> None:
        """Agree on keys. Raises ssl.SSLError, TimeoutError, OSError."""
        self._do(self._tls.do_handshake)

    def certificate(self) -> bytes:
        """Return what the far end showed, as DER."""
        return self._tls.getpeercert(binary_form=True) or b""

    def recv(self, n_bytes: int) -> bytes:
        """Return what has come, up to so many bytes; none at the end."""
        try:
            pieces = [self._do(lambda: self._tls.read(n_bytes))]
        except ssl.SSLZeroReturnError:
            return b""
        n_bytes -= len(pieces[0])
        # OpenSSL gives a record at a time, and a read that came brings many.
        while n_bytes and pieces[-1]:
            try:
                pieces.append(self._tls.read(n_bytes))
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                break
            n_bytes -= len(pieces[-1])
        return b"".join(pieces)

    def sendall(self, content: bytes) -> None:
        if content:
            self._do(lambda: self._tls.write(content))

    def is_readable(self) -> bool:
        """Whether something waits to be read, or the far end has hung up."""
        return bool(self._tls.pending() or self._incoming.pending) or is_readable(self._wire)

    def shutdown(self, how: int) -> None:
        self._wire.shutdown(how)

    def close(self) -> None:
        self._wire.close()

    def _do(self, act: Callable[[], Done]) -> Done:
        """Return what OpenSSL does once it has what it wants from the far end."""
        until = None if self._timeout is None else time.monotonic() + self._timeout
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                self._flush(until)
                self._fill(until)
            except ssl.SSLError:
                # The far end learns from it why we hang up.
                self._flush(until)
                raise
            else:
                self._flush(until)
                return done

    def _flush(self, until: float | None) -> None:
        if self._outgoing.pending:
            self._wire.settimeout(_left(until))
            self._wire.sendall(self._outgoing.read())

    def _fill(self, until: float | None) -> None:
        self._wire.settimeout(_left(until))
        if piece := self._wire.recv(PIECE_BYTES):
            self._incoming.write(piece)
        else:
            raise ConnectionResetError


def _left(until: float | None) -> float | None:
    return None if until is None else max(until - time.monotonic(), 0.001)
