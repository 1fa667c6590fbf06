from __future__ import annotations

from fleet.exports.journal import Journal, bytes_here, complete_files
from fleet.exports.ways.way import Instance

A, B = Instance("a", 3, "x"), Instance("b", 5)


def test_it_gives_an_instance_the_same_file_after_a_restart(tmp_path):
    first = Journal(tmp_path / "raw", "1").enlist([A, B])
    again = Journal(tmp_path / "raw", "1").enlist([B, A])

    assert {one: file for file, one in first.items()} == {one: f for f, one in again.items()}


def test_it_takes_an_instance_that_changed_for_another(tmp_path):
    journal = Journal(tmp_path / "raw", "1")
    [before] = journal.enlist([A])

    assert list(journal.enlist([Instance("a", 4, "y")])) != [before]


def test_it_begins_anew_with_another_source(tmp_path):
    [file] = Journal(tmp_path / "raw", "1").enlist([A])
    file.write_bytes(b"abc")

    assert list(Journal(tmp_path / "raw", "2").enlist([B])) == [file]
    assert not file.exists()


def test_it_uses_no_name_of_the_source_as_a_path(tmp_path):
    files = Journal(tmp_path / "raw", "1").enlist([Instance("../../etc/passwd")])

    assert [file.name for file in files] == ["000001"]


def test_it_knows_whether_all_is_here(tmp_path):
    journal = Journal(tmp_path / "raw", "1")
    files = list(journal.enlist([A, B]))
    before = complete_files(tmp_path / "raw")
    journal.complete(files)

    assert (before, complete_files(tmp_path / "raw")) == (None, files)


def test_it_counts_unfinished_files(tmp_path):
    (tmp_path / "1").write_bytes(b"abc")
    (tmp_path / "2.part").write_bytes(b"ab")

    assert bytes_here([tmp_path / "1", tmp_path / "2", tmp_path / "3"]) == 5


def test_it_is_closed_to_other_accounts(tmp_path):
    Journal(tmp_path / "raw", "1")

    assert (tmp_path / "raw").stat().st_mode & 0o777 == 0o700
