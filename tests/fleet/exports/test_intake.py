from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from fleet.exports.ends import End
from fleet.exports.intake import ArchiveLimits, ArchiveRefused, unpack


def archive(path: Path, entries: dict[str, bytes], *, mode: int = stat.S_IFREG) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, raw in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (mode | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(entry, raw)
    return path


def test_it_unpacks_under_names_of_its_own(tmp_path: Path) -> None:
    source = archive(tmp_path / "in.zip", {"IVANOV/CT/1": b"one", "IVANOV/CT/2": b"two"})

    files = unpack(source, tmp_path / "out")

    assert [(file.name, file.read_bytes()) for file in files] == [
        *(("000001", b"one"), ("000002", b"two")),
    ]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:x", "..\\x", "a:b"])
def test_it_refuses_names_that_lead_outside(name: str, tmp_path: Path) -> None:
    source = archive(tmp_path / "in.zip", {"good": b"1", name: b"2"})

    with pytest.raises(ArchiveRefused, match="leads outside"):
        unpack(source, tmp_path / "out")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.zip"]


def test_it_refuses_links(tmp_path: Path) -> None:
    source = archive(tmp_path / "in.zip", {"link": b"/etc/passwd"}, mode=stat.S_IFLNK)

    with pytest.raises(ArchiveRefused, match="link"):
        unpack(source, tmp_path / "out")


def test_it_refuses_bombs(tmp_path: Path) -> None:
    source = archive(tmp_path / "in.zip", {f"{n}": b"\0" * 1024**2 for n in range(110)})

    with pytest.raises(ArchiveRefused) as refused:
        unpack(source, tmp_path / "out")

    assert refused.value.end is End.TOO_BIG
    assert not (tmp_path / "out").exists()


def test_it_refuses_too_many_entries(tmp_path: Path) -> None:
    source = archive(tmp_path / "in.zip", {f"{n}": b"" for n in range(11)})

    with pytest.raises(ArchiveRefused, match="11 entries"):
        unpack(source, tmp_path / "out", ArchiveLimits(entries=10))


def test_it_refuses_what_is_cut_off(tmp_path: Path) -> None:
    source = archive(tmp_path / "in.zip", {"a": bytes(range(256)) * 100})
    source.write_bytes(source.read_bytes()[:200])

    with pytest.raises(ArchiveRefused, match="not a readable zip"):
        unpack(source, tmp_path / "out")

    assert not (tmp_path / "out").exists()
