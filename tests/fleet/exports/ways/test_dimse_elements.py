"""Elements of commands and questions, and the head of a file, without a library."""

from __future__ import annotations

from io import BytesIO

import pydicom
import pytest

from fleet.exports.ways.dimse_elements import (
    NotElements,
    file_head,
    read_elements,
    short_of,
    text,
    uid,
    write_elements,
)

VALUES = {0x0020_000D: uid("1.2.3"), 0x0008_0050: b"A-1", 0x0008_0052: b"STUDY", 0x0008_0018: b""}


def test_it_reads_what_it_writes() -> None:
    told = read_elements(write_elements(VALUES))

    assert list(told) == sorted(VALUES)
    assert {tag: text(value) for tag, value in told.items()} == {
        tag: text(value) for tag, value in VALUES.items()
    }


def test_it_writes_what_others_read() -> None:
    dataset = pydicom.dcmread(BytesIO(write_elements(VALUES)), force=True)

    assert (dataset.StudyInstanceUID, dataset.AccessionNumber) == ("1.2.3", "A-1")


@pytest.mark.parametrize(
    "content", [b"\x08", b"\x08\0\x50\0\xff\xff\xff\xff", b"\x08\0\x50\0\x04\0\0\0A-1", b"x" * 100]
)
def test_it_refuses_what_ends_too_early(content: bytes) -> None:
    with pytest.raises(NotElements):
        read_elements(content)


@pytest.mark.parametrize("value", [b"", b"1", b"123", b"1234"])
def test_it_refuses_numbers_of_another_length(value: bytes) -> None:
    with pytest.raises(NotElements):
        short_of(value)


@pytest.mark.parametrize("name", ["1.2.34", "1.2.345"])
def test_it_writes_the_head_of_a_file(name: str) -> None:
    head = file_head("1.2.840.10008.5.1.4.1.1.2", name, "1.2.840.10008.1.2.1")

    meta = pydicom.dcmread(BytesIO(head)).file_meta
    assert meta.MediaStorageSOPInstanceUID == name
    assert meta.TransferSyntaxUID.is_little_endian
    assert meta.FileMetaInformationGroupLength == len(head) - 144


def test_it_says_no_uid_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    file_head("1.2.840.10008.5.1.4.1.1.2", "1..02", "1.2.840.10008.1.2.1")

    assert caplog.text == ""
