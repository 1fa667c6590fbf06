"""Open an SSH connection through an ordered chain of hops, each with its pinned host key.

Each step is a function of its own, so that `check_region` can walk them one by one. Every failure
is a `Failure` whose sentence names the hop and the remedy, never a secret.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType

import paramiko
from paramiko.channel import Channel

from regions.failures import Failure
from regions.hostkeys import fingerprint, parse_host_key
from regions.models import FailureKind, SshHop
from regions.packets import Packets
from regions.sshkeys import load_private_key

CONNECT_TIMEOUT_S = 10.0
BANNER_TIMEOUT_S = 10.0
HANDSHAKE_TIMEOUT_S = 20.0
LOGIN_TIMEOUT_S = 15.0
CHANNEL_TIMEOUT_S = 10.0
# The kernel gives up a connection whose bytes nobody acknowledges; without it, after 15 minutes.
USER_TIMEOUT_MS = 10_000
NOBODY = ("127.0.0.1", 0)

Address = tuple[str, int]
Wire = socket.socket | Channel


@dataclass(frozen=True)
class Hop:
    """One SSH server on the way: a snapshot of SshHop that no thread needs the database for."""

    host: str
    port: int
    user: str
    private_key: str = field(repr=False)
    passphrase: str = field(repr=False)
    host_key: str = field(repr=False)

    @classmethod
    def of(cls, hop: SshHop) -> Hop:
        return cls(hop.host, hop.port, hop.user, hop.private_key, hop.passphrase, hop.host_key)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class SshConnection:
    """Logged-in transports in order; the last one reaches the region's network. Close it."""

    def __init__(self) -> None:
        self.transports: list[paramiko.Transport] = []

    @property
    def last(self) -> paramiko.Transport:
        return self.transports[-1]

    def open_wire(self, hop: Hop) -> Wire:
        """Return a stream to the next hop: a TCP socket to the first, a channel to the others."""
        if not self.transports:
            return connect(hop.host, hop.port, resolve(hop.host, hop.port))
        return open_channel(self.last, (hop.host, hop.port))

    def close(self) -> None:
        for transport in reversed(self.transports):
            transport.close()

    def __enter__(self) -> SshConnection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def connect_through(hops: Iterable[Hop], *, compresses: bool = True) -> SshConnection:
    """Return a connection logged in at every hop. Raises Failure; nothing stays open then."""
    connection = SshConnection()
    try:
        for hop in hops:
            transport = shake_hands(connection.open_wire(hop), hop, compresses=compresses)
            connection.transports.append(transport)
            log_in(transport, hop)
    except BaseException:
        connection.close()
        raise
    return connection


def resolve(host: str, port: int) -> list[Address]:
    """Return the host's IP addresses. Raises Failure(LINK) when its name has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Failure(
            FailureKind.LINK,
            f"The name {host} does not resolve. Check the spelling and this machine's DNS.",
        ) from None
    return [(str(address[0]), int(address[1])) for *_kind, address in found]


def connect(host: str, port: int, addresses: list[Address]) -> socket.socket:
    """Return a TCP connection to the first address that answers, within CONNECT_TIMEOUT_S each.

    Raises Failure(LINK) when it is refused or unreachable, Failure(TIMEOUT) when nobody answers.
    """
    for address in addresses:
        try:
            wire = socket.create_connection(address, CONNECT_TIMEOUT_S)
        except OSError as error:
            refusal = error
            continue
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return wire
    raise _blame_tcp(f"{host}:{port}", refusal)


def shake_hands(wire: Wire, hop: Hop, *, compresses: bool = True) -> paramiko.Transport:
    """Return an encrypted transport to the server that holds the pinned host key.

    Raises Failure(HOST_KEY) on another key, TIMEOUT or LINK when the server does not speak SSH.
    """
    try:
        return _shake_hands(wire, hop, pinned_key(hop), compresses)
    except BaseException:
        wire.close()
        raise


def _shake_hands(
    wire: Wire, hop: Hop, pinned: paramiko.PKey, compresses: bool
) -> paramiko.Transport:
    transport = paramiko.Transport(wire, packetizer_class=Packets)
    transport.daemon = True
    transport.banner_timeout = BANNER_TIMEOUT_S
    transport.handshake_timeout = HANDSHAKE_TIMEOUT_S
    transport.auth_timeout = LOGIN_TIMEOUT_S
    transport.use_compression(compresses)
    is_rsa = isinstance(pinned, paramiko.RSAKey)
    kinds = ("rsa-sha2-512", "rsa-sha2-256") if is_rsa else (pinned.get_name(),)
    options = transport.get_security_options()
    options.key_types = kinds
    # With the other ciphers paramiko compares the bytes of each packet's MAC one by one.
    options.ciphers = tuple(sorted(options.ciphers, key=lambda name: "gcm" not in name))
    try:
        _negotiate(transport, hop, pinned)
        _compare_keys(transport.get_remote_server_key(), pinned, hop)
    except BaseException:
        transport.close()
        # Its timer would keep a thread until the handshake's time is over.
        transport.packetizer.complete_handshake()
        raise
    return transport


def log_in(transport: paramiko.Transport, hop: Hop) -> None:
    """Log in with the hop's key. Raises Failure(AUTH), or CONFIGURATION for a bad key."""
    key = load_private_key(hop.private_key, hop.passphrase)
    try:
        transport.auth_publickey(hop.user, key)
    except paramiko.AuthenticationException:
        raise Failure(
            FailureKind.AUTH,
            f"{hop} refuses the login of {hop.user} with the key {fingerprint(key)}."
            " Add its public half to authorized_keys there, or set the right user and key.",
        ) from None
    except (paramiko.SSHException, OSError, EOFError):
        raise Failure(
            FailureKind.LINK, f"{hop} closed the connection during the login. Read its sshd log."
        ) from None
    if not transport.is_authenticated():
        raise Failure(
            FailureKind.AUTH,
            f"{hop} asks {hop.user} for more than a key. Allow the key alone (publickey).",
        )


def open_channel(
    transport: paramiko.Transport, target: Address, timeout: float = CHANNEL_TIMEOUT_S
) -> Channel:
    """Return a stream from the transport's server to `target` in its network.

    Raises Failure(LINK) when the server may not or cannot connect, TIMEOUT when it does not say.
    """
    where = f"{target[0]}:{target[1]}"
    try:
        return transport.open_channel("direct-tcpip", target, NOBODY, timeout=timeout)
    except paramiko.ChannelException as error:
        raise _blame_forward(where, error) from None
    except (paramiko.SSHException, OSError, EOFError):
        if transport.is_active():
            raise Failure(
                FailureKind.TIMEOUT,
                f"The SSH server cannot reach {where} within {timeout:.0f} s."
                " Check that host and the firewall between them.",
            ) from None
        raise Failure(FailureKind.LINK, "The SSH connection broke; it is tried again.") from None


def _negotiate(transport: paramiko.Transport, hop: Hop, pinned: paramiko.PKey) -> None:
    try:
        transport.start_client(timeout=HANDSHAKE_TIMEOUT_S)
        if transport.initial_kex_done:
            return
        raise Failure(FailureKind.TIMEOUT, f"{hop} did not finish the SSH handshake. Is it alive?")
    except paramiko.ssh_exception.IncompatiblePeer as error:
        if "host key" not in str(error):
            raise Failure(
                FailureKind.LINK,
                f"{hop} shares no algorithm with us ({error}). Update the SSH server.",
            ) from None
        raise Failure(
            FailureKind.HOST_KEY,
            f"{hop} has no {pinned.get_name()} host key, but {fingerprint(pinned)} is pinned."
            " Ask the region's administrator before you pin another.",
        ) from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        # paramiko wraps the banner's time-out in an SSHException and leaves no other mark on it.
        if "banner" in str(error) and transport.sock is not None:
            raise Failure(
                FailureKind.TIMEOUT,
                f"{hop} accepts connections but does not speak SSH. Is sshd alive on that port?",
            ) from None
        raise Failure(
            FailureKind.LINK, f"{hop} closed the connection during the handshake. Is sshd well?"
        ) from None


def _compare_keys(shown: paramiko.PKey, pinned: paramiko.PKey, hop: Hop) -> None:
    if shown.asbytes() != pinned.asbytes():
        raise Failure(
            FailureKind.HOST_KEY,
            f"{hop} shows the host key {fingerprint(shown)}, but {fingerprint(pinned)} is pinned."
            " Somebody may stand between: ask the region's administrator before you pin another.",
        )


def pinned_key(hop: Hop) -> paramiko.PKey:
    try:
        return parse_host_key(hop.host_key)
    except ValueError as error:
        raise Failure(
            FailureKind.CONFIGURATION,
            f"The host key pinned for {hop} is {error}. Enter what ssh-keyscan prints.",
        ) from None


def _blame_tcp(where: str, error: OSError) -> Failure:
    if isinstance(error, TimeoutError):
        return Failure(
            FailureKind.TIMEOUT,
            f"{where} does not answer within {CONNECT_TIMEOUT_S:.0f} s."
            " Check the line, the VPN and the firewall.",
        )
    if isinstance(error, ConnectionRefusedError):
        return Failure(
            FailureKind.LINK,
            f"{where} refuses connections. Does the server run there, and on that port?",
        )
    return Failure(
        FailureKind.LINK,
        f"{where} cannot be reached ({error.strerror}). Check the line and the VPN.",
    )


def _blame_forward(where: str, error: paramiko.ChannelException) -> Failure:
    if error.code == 2:
        return Failure(
            FailureKind.LINK,
            f"The SSH server cannot connect to {where}."
            " Is the service running there, and on that port?",
        )
    return Failure(
        FailureKind.LINK,
        f"The SSH server may not forward to {where}. Allow it: permitopen in authorized_keys,"
        " AllowTcpForwarding in sshd_config.",
    )
