"""DICOM elements as commands and questions hold them: Implicit VR, one after the other, no deeper.

What a PACS says here is read by this process, so it is read by a few lines that only cut it up.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping


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
