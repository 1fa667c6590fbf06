"""One association with a PACS over a stream of ours, which is read as it comes.

pynetdicom writes and reads the negotiation. Its own associations want a socket address, which here
would be a port open to everybody on this machine, and hold a received file in memory or in a file
that outlives a killed worker.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

from paramiko.ssh_exception import SSHException
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import build_context, build_role

from fleet.exports.ways.dimse_elements import (
    IMPLEMENTATION_UID,
    NotElements,
    read_elements,
    short,
    short_of,
    write_elements,
)
from fleet.exports.ways.dimse_offers import MOST_CONTEXTS, Offer
from fleet.exports.ways.streams import BROKEN, Stream, hang_up, receive

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
IMPLEMENTATION = "FLEET"
ANSWER_WITHIN_S = 60.0
RELEASE_WITHIN_S = 2.0
MOST_PER_READ = 2**18
# What we say that a PDU may hold, and what we bear from who does not listen.
PDU_BYTES = 64 * 2**10
LONGEST_PDU = 2**20
LONGEST_COMMAND = 64 * 2**10
LEAST_PDU = 4096

LENGTH, FIELD, MESSAGE_ID, RESPONDED_ID = 0x0000_0000, 0x0000_0100, 0x0000_0110, 0x0000_0120
DATA_SET_TYPE, STATUS = 0x0000_0800, 0x0000_0900
NO_DATA_SET, WITH_DATA_SET = 0x0101, 0x0000


class Pdu(IntEnum):
    REQUEST, ACCEPT, REJECT, DATA, RELEASE, RELEASED, ABORT = range(1, 8)


class Aborted(Exception):
    """The PACS ended the association."""


class NotDimse(Exception):
    """The PACS answered what none may."""


@dataclass
class Rejected(Exception):
    """The PACS does not want the association: result, source and reason as DICOM numbers them."""

    result: int
    source: int
    reason: int


@dataclass(frozen=True)
class Command:
    """The first half of a message; a data set follows where `has_data`."""

    context: int
    values: Mapping[int, bytes]

    @property
    def field(self) -> int:
        return self.number(FIELD)

    @property
    def has_data(self) -> bool:
        return self.number(DATA_SET_TYPE) != NO_DATA_SET

    def number(self, tag: int) -> int:
        """Return a number of the command. Raises NotDimse when it is not there."""
        try:
            return short_of(self.values[tag])
        except (KeyError, NotElements):
            raise NotDimse from None


class Association:
    """Asks for `offers` and is closed in the end; whatever is raised leaves it of no use.

    Raises Rejected, Aborted, NotDimse, TimeoutError, and ConnectionError when the line broke.
    """

    def __init__(self, stream: Stream, called: str, calling: str, offers: Iterable[Offer]) -> None:
        self._stream = stream
        self._received = bytearray()
        self._pieces: deque[tuple[int, int, bytes]] = deque()
        self._answer_bytes = LEAST_PDU
        self.accepted: dict[int, Offer] = {}
        offered = dict(zip(range(1, 2 * MOST_CONTEXTS, 2), offers, strict=False))
        self._send(_request(called, calling, offered))
        kind, body = self._read_pdu()
        if kind == Pdu.REJECT:
            raise _rejection(body)
        if kind != Pdu.ACCEPT:
            raise Aborted if kind == Pdu.ABORT else NotDimse
        self._accept(body, offered)

    def close(self) -> None:
        """Say good-bye as far as anybody listens."""
        with suppress(NotDimse, OSError, SSHException):
            self._send(struct.pack(">BxI4x", Pdu.RELEASE, 4))
            until = time.monotonic() + RELEASE_WITHIN_S
            while self._read_pdu(until)[0] != Pdu.RELEASED:
                pass
        self._stream.close()

    def abort(self) -> None:
        with suppress(OSError, SSHException):
            self._send(struct.pack(">BxI4x", Pdu.ABORT, 4))
        hang_up(self._stream)

    def context_of(self, abstract: str) -> int | None:
        """Return the number under which something was accepted, if it was."""
        known = [number for number, offer in self.accepted.items() if offer.abstract == abstract]
        return known[0] if known else None

    def send(
        self, context: int, command: Mapping[int, bytes], data: Mapping[int, bytes] | None = None
    ) -> None:
        kind = NO_DATA_SET if data is None else WITH_DATA_SET
        body = write_elements({**command, DATA_SET_TYPE: short(kind)})
        whole = write_elements({LENGTH: struct.pack("<I", len(body))}) + body
        self._send_pieces(context, 1, whole)
        if data is not None:
            self._send_pieces(context, 0, write_elements(data))

    def command(self) -> Command:
        """Return the next message's command; its data, if it has some, has to be read then."""
        content = b""
        while True:
            context, flags, piece = self._next_piece()
            content += piece
            if not flags & 1 or len(content) > LONGEST_COMMAND or context not in self.accepted:
                raise NotDimse
            if flags & 2:
                break
        try:
            return Command(context, read_elements(content))
        except NotElements:
            raise NotDimse from None

    def elements(self, command: Command) -> dict[int, bytes]:
        """Return the command's data set, which has to be short."""
        content = b""
        for piece in self.data(command):
            content += piece
            if len(content) > LONGEST_COMMAND:
                raise NotDimse
        try:
            return read_elements(content)
        except NotElements:
            raise NotDimse from None

    def data(self, command: Command) -> Iterator[bytes]:
        """Yield the command's data set as it comes, nothing where it has none."""
        while command.has_data:
            context, flags, piece = self._next_piece()
            if flags & 1 or context != command.context:
                raise NotDimse
            yield piece
            if flags & 2:
                return

    def _accept(self, body: bytes, offered: Mapping[int, Offer]) -> None:
        try:
            answer = A_ASSOCIATE_AC()
            answer.decode(struct.pack(">BxI", Pdu.ACCEPT, len(body)) + body)
            primitive = answer.to_primitive()
            for context in primitive.presentation_context_definition_results_list:
                offer = offered[context.context_id or 0]
                if context.result == 0:
                    if context.transfer_syntax != [offer.syntax]:
                        raise NotDimse
                    self.accepted[context.context_id or 0] = offer
            longest = primitive.maximum_length_received or PDU_BYTES
        # The library raises whatever comes of what it reads.
        except Exception:
            raise NotDimse from None
        self._answer_bytes = max(min(longest, PDU_BYTES), LEAST_PDU) - 6

    def _send_pieces(self, context: int, flags: int, content: bytes) -> None:
        for begin in range(0, len(content), self._answer_bytes):
            piece = content[begin : begin + self._answer_bytes]
            last = 2 if begin + len(piece) == len(content) else 0
            value = struct.pack(">IBB", len(piece) + 2, context, flags | last) + piece
            self._send(struct.pack(">BxI", Pdu.DATA, len(value)) + value)

    def _next_piece(self) -> tuple[int, int, bytes]:
        """Return context, flags (1: of a command, 2: the last) and content."""
        while not self._pieces:
            kind, body = self._read_pdu()
            if kind in {Pdu.ABORT, Pdu.RELEASE}:
                raise Aborted
            if kind != Pdu.DATA:
                raise NotDimse
            position = 0
            while position < len(body):
                try:
                    length, context, flags = struct.unpack_from(">IBB", body, position)
                except struct.error:
                    raise NotDimse from None
                end = position + 4 + length
                # Pieces without anything in them could go on for ever.
                if length < (2 if flags & 2 else 3) or end > len(body):
                    raise NotDimse
                self._pieces.append((context, flags, body[position + 6 : end]))
                position = end
        return self._pieces.popleft()

    def _send(self, content: bytes) -> None:
        self._stream.settimeout(ANSWER_WITHIN_S)
        try:
            self._stream.sendall(content)
        except TimeoutError:
            raise
        except BROKEN:
            raise ConnectionError from None

    def _read_pdu(self, until: float | None = None) -> tuple[int, bytes]:
        until = until or time.monotonic() + ANSWER_WITHIN_S
        self._receive(6, until)
        kind, length = struct.unpack_from(">BxI", self._received)
        if not 0 < length <= LONGEST_PDU:
            raise NotDimse
        self._receive(6 + length, until)
        body = bytes(self._received[6 : 6 + length])
        del self._received[: 6 + length]
        return kind, body

    def _receive(self, n_bytes: int, until: float) -> None:
        receive(self._stream, self._received, n_bytes, until, at_once=MOST_PER_READ)


def _request(called: str, calling: str, offered: Mapping[int, Offer]) -> bytes:
    longest = MaximumLengthNotification()
    longest.maximum_length_received = PDU_BYTES
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = IMPLEMENTATION_UID
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = IMPLEMENTATION
    stored = {offer.abstract for offer in offered.values() if offer.is_stored}
    primitive = A_ASSOCIATE()
    primitive.application_context_name = APPLICATION_CONTEXT
    primitive.called_ae_title = called
    primitive.calling_ae_title = calling
    contexts = []
    for number, offer in offered.items():
        context = build_context(offer.abstract, offer.syntax)
        context.context_id = number
        contexts.append(context)
    primitive.presentation_context_definition_list = contexts
    roles = [build_role(abstract, scp_role=True) for abstract in sorted(stored)]
    primitive.user_information = [longest, implementation, version, *roles]
    request = A_ASSOCIATE_RQ()
    request.from_primitive(primitive)
    return bytes(request.encode())


def _rejection(body: bytes) -> Exception:
    try:
        answer = A_ASSOCIATE_RJ()
        answer.decode(struct.pack(">BxI", Pdu.REJECT, len(body)) + body)
    # As above.
    except Exception:
        return NotDimse()
    return Rejected(answer.result or 0, answer.source or 0, answer.reason_diagnostic or 0)
