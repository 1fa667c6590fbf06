"""DICOM elements as commands and questions hold them: Implicit VR, one after the other, no deeper.

What a PACS says here is read by this process, so it is read by a few lines that only cut it up.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

# Made from a random UUID, as DICOM allows to whom has no root of their own.
IMPLEMENTATION_UID = "2.25.188016614916543639687808281980048782696"


class NotElements(Exception):
    """Bytes that are no such elements."""


def write_elements(values: Mapping[int, bytes]) -> bytes:
    """Return the elements in the order of their tags, padded to even lengths."""
    return b"".join(
        struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) + len(value) % 2)
        + value
        + b" " * (len(value) % 2)
        for tag, value in sorted(values.items())
    )


def read_elements(content: bytes) -> dict[int, bytes]:
    """Return the elements' values by tag. Raises NotElements."""
    values = {}
    position = 0
    while position < len(content):
        try:
            group, element, length = struct.unpack_from("<HHI", content, position)
        except struct.error:
            raise NotElements from None
        position += 8
        if position + length > len(content):
            raise NotElements
        values[group << 16 | element] = content[position : position + length]
        position += length
    return values


def file_head(kind: str, name: str, encoding: str) -> bytes:
    """Return what a DICOM file holds before a data set of this SOP class, UID and syntax.

    pydicom would write UIDs that it does not like into the log.
    """
    version = struct.pack("<HH2sxxI", 2, 1, b"OB", 2) + b"\0\1"
    told = ((2, kind), (3, name), (0x10, encoding), (0x12, IMPLEMENTATION_UID))
    uids = (
        struct.pack("<HH2sH", 2, element, b"UI", len(uid(it))) + uid(it) for element, it in told
    )
    body = version + b"".join(uids)
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(body)) + body


def uid(value: str) -> bytes:
    """Return a UID, which is padded by another character than text."""
    return value.encode() + b"\0" * (len(value) % 2)


def text(value: bytes) -> str:
    """Return a value without its padding; what is no UTF-8 is nobody's name or UID."""
    return value.decode("utf-8", "replace").strip(" \0")


def short(value: int) -> bytes:
    return struct.pack("<H", value)


def short_of(value: bytes) -> int:
    """Return a number of two bytes. Raises NotElements."""
    if len(value) != 2:
        raise NotElements
    return int.from_bytes(value, "little")
