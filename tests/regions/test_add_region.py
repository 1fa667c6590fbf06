from __future__ import annotations

import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from regions.credentials import reveal, seal
from regions.models import Region, SshHop

pytestmark = pytest.mark.django_db
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2zJ4mGWWXlzUVQ7nC1yzXkZx9ZJ0B8Yw3LQ0lqk5oX"
DIRECT = """
code: tver
name: Тверь
time_zone: Europe/Moscow
collect_every: 00:10:00
database_password: env:TVER_PASSWORD
paths:
  - database_host: 10.0.0.5
"""


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TVER_PASSWORD", "open sesame")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True, timeout=60
    )
    return path


@pytest.fixture
def add_file(tmp_path: Path) -> Callable[..., str]:
    """Return a function: (YAML, option, …) -> the command's output."""

    def add(text: str, *options: str) -> str:
        file = tmp_path / "regions.yaml"
        file.write_text(text)
        return add_region("--file", str(file), *options)

    return add


def add_region(*arguments: str) -> str:
    output = StringIO()
    call_command("add_region", *arguments, stdout=output)
    return output.getvalue()


def refusal(*arguments: str) -> str:
    """Return why nothing was added."""
    before = Region.objects.count()
    with pytest.raises(CommandError) as caught:
        add_region(*arguments)
    assert Region.objects.count() == before
    return str(caught.value)


def flags(key: Path, **changes: str) -> list[str]:
    """Return good flags for a region behind SSH, with some of them changed or, if "", left out."""
    good = {
        "name": "Тверь",
        "time-zone": "Europe/Moscow",
        "database-password": "env:TVER_PASSWORD",
        "hop": "fleet@gate.tver.example:2222",
        "hop-key": f"file:{key}",
        "hop-host-key": HOST_KEY,
    }
    given = good | {name.replace("_", "-"): value for name, value in changes.items()}
    return ["tver", *(f"--{name}={value}" for name, value in given.items() if value)]


def test_it_adds_a_region_from_flags(key: Path) -> None:
    output = add_region(*flags(key))

    hop = SshHop.objects.get(path__region__code="tver", path__kind="ssh")
    assert str(hop) == "fleet@gate.tver.example:2222"
    assert hop.host_key == HOST_KEY
    assert "check_region tver" in output


def test_it_adds_jump_hosts_in_order(key: Path) -> None:
    second = ["--hop=reader@10.0.0.7", f"--hop-key=file:{key}", f"--hop-host-key={HOST_KEY}"]

    add_region(*flags(key), *second)

    hops = SshHop.objects.order_by("position").values_list("position", "host", "port")
    assert list(hops) == [(1, "gate.tver.example", 2222), (2, "10.0.0.7", 22)]


def test_it_adds_an_offline_region_without_a_path() -> None:
    add_region("tver", "--name=Тверь", "--time-zone=Europe/Moscow", "--level=3")

    assert not Region.objects.get(code="tver").paths.exists()


def test_it_adds_a_region_from_a_file(add_file: Callable[..., str]) -> None:
    add_file(DIRECT)

    region = Region.objects.get(code="tver")
    assert region.collect_every.total_seconds() == 600
    assert region.paths.get().endpoint == ("10.0.0.5", 5432)


def test_it_adds_ordered_paths_of_several_regions(add_file: Callable[..., str], key: Path) -> None:
    add_file(f"""
- code: tver
  name: Тверь
  time_zone: Europe/Moscow
  database_password: env:TVER_PASSWORD
  paths:
    - database_host: 10.0.0.5
    - database_host: 10.0.0.6
      hops:
        - {{host: gate, user: fleet, private_key: "file:{key}", host_key: "{HOST_KEY}"}}
- {{code: kamchatka, name: Камчатка, time_zone: Asia/Kamchatka, level: 3}}
""")

    paths = Region.objects.get(code="tver").paths.values_list("position", "kind", "database_host")
    assert list(paths) == [(1, "direct", "10.0.0.5"), (2, "ssh", "10.0.0.6")]
    assert Region.objects.filter(code="kamchatka").exists()


def test_it_seals_a_password_from_standard_input(
    key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("from a pipe\n"))

    add_region(*flags(key, database_password=""), "--password-stdin")

    reference = Region.objects.get(code="tver").database_password
    assert reference.startswith("sealed:")
    assert reveal(reference) == "from a pipe"


def test_it_seals_plain_secrets_where_that_is_asked(
    add_file: Callable[..., str], key: Path
) -> None:
    text = key.read_text().replace("\n", "\n        ")
    add_file(
        f"""
code: tver
name: Тверь
time_zone: Europe/Moscow
database_password: open barley
paths:
  - hops:
    - host: gate
      user: fleet
      host_key: {HOST_KEY}
      private_key: |
        {text}
""",
        "--seal",
    )

    assert reveal(Region.objects.get(code="tver").database_password) == "open barley"
    assert reveal(SshHop.objects.get().private_key).strip() == key.read_text().strip()


def test_it_refuses_a_plain_secret_without_repeating_it(
    add_file: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "r.yaml").write_text(DIRECT.replace("env:TVER_PASSWORD", "open barley"))

    sentence = refusal("--file", str(tmp_path / "r.yaml"))

    assert "tver.database_password: Write env:NAME" in sentence
    assert "--seal" in sentence
    assert "barley" not in sentence


@pytest.mark.parametrize("code", ["Tver", "t", "1tver", "tver-2", "тверь", "t" * 32])
def test_it_refuses_a_bad_code(key: Path, code: str) -> None:
    assert "2 to 31 small Latin letters" in refusal(code, *flags(key)[1:])


def test_it_refuses_a_code_twice(key: Path) -> None:
    add_region(*flags(key))

    assert "There is a region “tver” already" in refusal(*flags(key))


def test_it_refuses_an_unknown_zone(key: Path) -> None:
    sentence = refusal(*flags(key, time_zone="Europe/Tver"))

    assert "tver.time_zone: “Europe/Tver” is not a time zone" in sentence


def test_it_refuses_a_key_that_is_not_there(key: Path) -> None:
    assert "cannot be read" in refusal(*flags(key, hop_key="file:/no/such/key"))


def test_it_refuses_a_key_whose_passphrase_is_not_given(key: Path) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", "sesame", "-f", key],
        check=True,
        timeout=60,
        stdout=subprocess.DEVNULL,
    )

    assert "has a passphrase and none is given" in refusal(*flags(key))


def test_it_refuses_an_ssh_server_without_a_host_key(key: Path) -> None:
    sentence = refusal(*flags(key, hop_host_key=""))

    assert "tver.paths[1].hops[1].host_key: It is missing." in sentence
    assert "nothing is trusted unseen" in sentence


def test_it_refuses_a_host_key_that_is_none(key: Path) -> None:
    assert "ssh-keyscan" in refusal(*flags(key, hop_host_key="SHA256:abcdef"))


def test_it_refuses_a_variable_that_is_not_set(key: Path) -> None:
    assert "set the variable NOWHERE" in refusal(*flags(key, database_password="env:NOWHERE"))


def test_it_refuses_a_missing_password(key: Path) -> None:
    assert "tver.database_password: It is missing" in refusal(*flags(key, database_password=""))


def test_it_refuses_a_region_without_a_way_in() -> None:
    sentence = refusal("tver", "--name=Тверь", "--time-zone=Europe/Moscow")

    assert "tver.paths: Give a way in, or level 3" in sentence


@pytest.mark.parametrize("hop", ["gate", "fleet@", "fleet@gate:port", "fleet@gate:99999"])
def test_it_refuses_a_malformed_hop(key: Path, hop: str) -> None:
    assert "hop" in refusal(*flags(key, hop=hop))


def test_it_refuses_data_that_are_stale_before_they_are_late(key: Path) -> None:
    late = flags(key, late_after="07:00:00")

    assert "tver.late_after: Data are late before they are stale" in refusal(*late)


def test_it_names_every_fault_of_every_region_and_adds_none(
    add_file: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "r.yaml").write_text(
        "- {code: good, name: Good, time_zone: UTC, level: 3}\n"
        "- {code: Bad, name: Bad, time_zone: Mars/Olympus, level: 9, colour: red, paths: here}\n"
        "- {code: no, name: 7, time_zone: UTC, level: 3, collect_every: -5}\n"
        "- just words\n"
    )

    sentence = refusal("--file", str(tmp_path / "r.yaml"))

    assert "Bad.code" in sentence
    assert "Bad.time_zone" in sentence
    assert "Bad.level" in sentence
    assert "Bad: “colour” means nothing here" in sentence
    assert "Bad.paths: Write a list" in sentence
    assert "region 3.code: Write text; put it in quotes" in sentence
    assert "region 3.name: Write text" in sentence
    assert "region 3.collect_every: Write at least one second" in sentence
    assert "region 4: Write “word: value” lines." in sentence


def test_it_does_not_repeat_the_line_that_is_not_yaml(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("code: tver\ndatabase_password: *secret\n")

    sentence = refusal("--file", str(tmp_path / "r.yaml"))

    assert "is not YAML (line 2)" in sentence
    assert "secret" not in sentence


def test_it_says_that_a_file_is_not_there() -> None:
    assert "cannot be read: No such file" in refusal("--file", "/no/such.yaml")


def test_it_refuses_flags_beside_a_file(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(DIRECT)

    assert "Give either" in refusal("tver", "--file", str(tmp_path / "r.yaml"))


def test_it_keeps_a_reference_that_is_sealed_already(add_file: Callable[..., str]) -> None:
    reference = seal("open sesame")

    add_file(DIRECT.replace("env:TVER_PASSWORD", reference), "--seal")

    assert Region.objects.get(code="tver").database_password == reference


def test_it_needs_a_code_or_a_file() -> None:
    assert "Give the region's code" in refusal()


def test_it_reveals_nothing_in_its_output(key: Path, capsys: Any) -> None:
    output = add_region(*flags(key))

    assert "sesame" not in output + capsys.readouterr().err


SOURCES = """
study_sources:
  - {kind: orthanc, host: 127.0.0.1, port: 8042, username: fleet, password: "env:TVER_PASSWORD"}
  - {kind: sftp, base_path: "/archive/{study_ref}", keep_days: 90}
"""


def test_it_adds_the_archives_of_a_region(add_file: Callable[..., str]) -> None:
    add_file(DIRECT + SOURCES)

    orthanc, folder = Region.objects.get(code="tver").study_sources.order_by("position")
    assert (orthanc.position, orthanc.port, orthanc.password) == (1, 8042, "env:TVER_PASSWORD")
    assert (folder.position, folder.base_path, folder.keep_days) == (2, "/archive/{study_ref}", 90)


def test_it_names_what_an_archive_lacks(tmp_path: Path) -> None:
    file = tmp_path / "regions.yaml"
    lacking = "  - {kind: dicomweb, host: pacs, password: plain, folder: x}\n"
    file.write_text(DIRECT + "study_sources:\n" + lacking)

    said = refusal("--file", str(file))

    assert "tver.study_sources[1].port: Write the port." in said
    assert "tver.study_sources[1]: “folder” means nothing here. Known are kind, is_enabled" in said
    assert "plain" not in said
    assert "tver.study_sources[1].password:" in said
