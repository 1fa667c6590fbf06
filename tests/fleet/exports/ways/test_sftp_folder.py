"""A study's folder by its names, of which none may lead elsewhere."""

from __future__ import annotations

import pytest

from fleet.exports.ways.sftp_folder import SftpSource
from fleet.exports.ways.way import StudyKey, Trouble, WayFailed


@pytest.mark.parametrize(
    ("template", "root", "below"),
    [
        ("/archive/{study_uid}", "/archive", "1.2.3"),
        ("/archive/{study_uid}/", "/archive", "1.2.3"),
        ("/archive/by-{study_ref}/dicom", "/archive", "by-A 7/dicom"),
        ("{study_ref}/{study_uid}", ".", "A 7/1.2.3"),
        ("/{study_uid}", "/", "1.2.3"),
        ("files/{study_uid}", "files", "1.2.3"),
    ],
)
def test_it_fills_in_the_names(template: str, root: str, below: str) -> None:
    source = SftpSource("alpha 1", template)

    assert source.root == root
    assert source.below_root(StudyKey("A 7", "1.2.3")) == below.encode()


def test_it_leaves_braces_in_values_alone() -> None:
    source = SftpSource("alpha 1", "{study_ref}")

    assert source.below_root(StudyKey("{study_uid}", "1.2")) == b"{study_uid}"


@pytest.mark.parametrize("uid", ["", ".", "..", "1..2", "1.2/../3", "1.2\n", "1.2\0", "*"])
def test_it_refuses_what_is_no_uid(uid: str) -> None:
    with pytest.raises(WayFailed) as caught:
        SftpSource("alpha 1", "/archive/{study_uid}").below_root(StudyKey("A 7", uid))

    assert caught.value.kind is Trouble.CONFIGURATION


@pytest.mark.parametrize(
    "reference", ["", ".", "..", "a/b", "/etc", "a\\b", "a\0", "a\n", "я" * 128]
)
def test_it_refuses_references_that_are_no_name(reference: str) -> None:
    with pytest.raises(WayFailed) as caught:
        SftpSource("alpha 1", "/archive/{study_ref}").below_root(StudyKey(reference, "1.2"))

    assert caught.value.kind is Trouble.CONFIGURATION
