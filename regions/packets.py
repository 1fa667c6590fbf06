"""Takes the packets of SSH off the line: many for one question to the kernel, AES-GCM in one step.

What paramiko's own classes do with a packet takes longer than to decrypt it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakValueDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from paramiko.common import MSG_CHANNEL_DATA
from paramiko.message import Message
from paramiko.packet import Packetizer
from paramiko.ssh_exception import SSHException

AHEAD_BYTES = 2**18
# A length is read before anyone can tell whether it is the server's word.
LONGEST_PACKET = 2**18
LENGTH = struct.Struct(">I")
TAG_BYTES = 16
NONCE = struct.Struct(">4sQ")
# A packet with a channel's bytes: its kind, the channel, how many they are.
DATA_HEAD = struct.Struct(">BII")


class Receiver(Protocol):
    """Takes what comes over one channel, from the thread that reads the line."""

    def put(self, content: memoryview, /) -> None: ...
    def wake(self) -> None:
        """Called when nothing more waits to be put for the moment."""


class Packets(Packetizer):
    """In place of paramiko's Packetizer, which still writes, and reads all but AES-GCM.

    What comes for a channel in `receivers` goes there, past paramiko; not so while keys change.
    """

    def __init__(self, socket: Any) -> None:
        self._line = _ReadAhead(socket)
        super().__init__(self._line)  # type: ignore[arg-type]  # a channel goes too
        self.receivers: WeakValueDictionary[int, Receiver] = WeakValueDictionary()
        self._fed: set[Receiver] = set()
        self._engine: AESGCM | None = None
        self._inflate: Callable[[bytes], bytes] | None = None
        self._n_packets = 0
        self._n_bytes = 0
        self._is_shaking_hands = True

    def set_inbound_cipher(self, block_engine: Any, *args: Any, **options: Any) -> None:
        super().set_inbound_cipher(block_engine, *args, **options)
        self._engine = block_engine if options.get("aead") else None
        if self._engine:
            # The last eight bytes of twelve count the packets (RFC 5647, 7.1).
            self._fixed, self._counter = NONCE.unpack(options["iv_in"])
        self._n_bytes = 0

    def set_inbound_compressor(self, compressor: Any) -> None:
        super().set_inbound_compressor(compressor)
        self._inflate = compressor

    def reset_seqno_in(self) -> None:
        super().reset_seqno_in()
        self._n_packets = 0

    def complete_handshake(self) -> None:
        """Stop the handshake's timer; paramiko asks for it after each packet."""
        if self._is_shaking_hands:
            super().complete_handshake()
            self._is_shaking_hands = False

    def read_message(self) -> tuple[int, Message]:
        """Return the next packet's kind and content. Raises SSHException and EOFError."""
        if self._engine is None:
            kind, message = super().read_message()
        else:
            payload = self._next_payload(self._engine)
            kind, message = payload[0], Message(bytes(payload[1:]))
            message.seqno = (self._n_packets - 1) & 0xFFFFFFFF
        self._n_packets = message.seqno + 1
        return kind, message

    def _next_payload(self, engine: AESGCM) -> memoryview:
        """Return what the next packet holds that no receiver takes."""
        while True:
            payload = self._open(engine, self._line.packet() or self._await_packet())
            is_data = payload[0] == MSG_CHANNEL_DATA
            if not is_data or self.need_rekey() or not self._give(payload):
                return payload

    def _await_packet(self) -> memoryview:
        """Return a packet that has not come in full yet."""
        while self._fed:
            self._fed.pop().wake()
        head = self.read_all(LENGTH.size, check_rekey=True)
        rest = self.read_all(_length(head) + TAG_BYTES)
        return memoryview(head + rest)

    def _open(self, engine: AESGCM, packet: memoryview) -> memoryview:
        """Return what the packet holds, its kind first."""
        nonce = NONCE.pack(self._fixed, self._counter)
        self._counter = (self._counter + 1) & 0xFFFFFFFFFFFFFFFF
        try:
            text = engine.decrypt(nonce, packet[LENGTH.size :], packet[: LENGTH.size])
        except InvalidTag:
            raise SSHException("A packet was changed on its way.") from None
        self._count(len(packet))
        payload = memoryview(text)[1 : len(text) - text[0]]
        return memoryview(self._inflate(bytes(payload))) if self._inflate else payload

    def _count(self, n_bytes: int) -> None:
        """Ask for new keys when these have seen enough. Raises SSHException when none come."""
        self._n_packets += 1
        self._n_bytes += n_bytes
        if self._n_bytes < self.REKEY_BYTES:
            return
        if not self.need_rekey():
            self._trigger_rekey()  # type: ignore[attr-defined]  # the stubs leave it out
        if self._n_bytes >= self.REKEY_BYTES + self.REKEY_BYTES_OVERFLOW_MAX:
            raise SSHException("The server does not answer the request for new keys.")

    def _give(self, payload: memoryview) -> bool:
        """Give a channel's bytes to its receiver; return whether it has one."""
        _kind, channel, n_bytes = DATA_HEAD.unpack_from(payload)
        receiver = self.receivers.get(channel)
        if receiver is None:
            return False
        content = payload[DATA_HEAD.size :]
        if len(content) != n_bytes:
            raise SSHException("A packet holds another number of bytes than it says.")
        receiver.put(content)
        self._fed.add(receiver)
        return True


class _ReadAhead:
    """A socket or channel of which more is read at once than was asked for."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._ahead = b""
        self._at = 0
        self.send = socket.send
        self.close = socket.close

    def recv(self, n_bytes: int) -> bytes:
        if self._at == len(self._ahead):
            self._ahead, self._at = self._socket.recv(AHEAD_BYTES), 0
        piece = self._ahead[self._at : self._at + n_bytes]
        self._at += len(piece)
        return piece

    def packet(self) -> memoryview | None:
        """Return the next packet of AES-GCM if it is here in full."""
        begins_at, here = self._at, len(self._ahead)
        if here - begins_at < LENGTH.size:
            return None
        ends_at = begins_at + LENGTH.size + _length(self._ahead, begins_at) + TAG_BYTES
        if here < ends_at:
            return None
        self._at = ends_at
        return memoryview(self._ahead)[begins_at:ends_at]


def _length(head: bytes, at: int = 0) -> int:
    length: int = LENGTH.unpack_from(head, at)[0]
    if length > LONGEST_PACKET:
        raise SSHException("A packet is longer than any may be.")
    return length
