from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from fleet.env import env_bool, env_database, env_int, env_list, env_str, env_zone

NAME = "FLEET_TEST_VARIABLE"


def test_it_reads_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "value")

    assert env_str(NAME, "default") == "value"


def test_it_reads_the_file_that_the_variable_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("value\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))

    assert env_str(NAME) == "value"


def test_it_names_a_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "absent"))

    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE: cannot read"):
        env_str(NAME)


def test_it_asks_for_a_variable_without_default() -> None:
    with pytest.raises(ImproperlyConfigured, match=f"Set {NAME} "):
        env_str(NAME)


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("False", False), ("0", False)]
)
def test_it_reads_yes_and_no(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv(NAME, text)

    assert env_bool(NAME, not value) is value


@pytest.mark.parametrize("text", ["yes", "on", "", "2"])
def test_it_refuses_what_is_neither_yes_nor_no(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)

    with pytest.raises(ImproperlyConfigured, match="write true or false"):
        env_bool(NAME, True)


def test_it_refuses_what_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "many")

    with pytest.raises(ImproperlyConfigured, match="write a whole number"):
        env_int(NAME, 8)


def test_it_splits_a_list_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " a, ,b,")

    assert env_list(NAME) == ["a", "b"]


def test_it_reads_a_database_with_its_socket_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgresql://fleet_web:p%40ss@%2Frun%2FPostgreSQL/fleet")

    assert env_database(NAME) == {
        "NAME": "fleet",
        "USER": "fleet_web",
        "PASSWORD": "p@ss",
        "HOST": "/run/PostgreSQL",
        "PORT": "",
    }


@pytest.mark.parametrize(
    ("place", "host", "port"),
    [("db.example:6543", "db.example", "6543"), ("[::1]:6543", "::1", "6543"), ("db", "db", "")],
)
def test_it_reads_host_and_port(
    monkeypatch: pytest.MonkeyPatch, place: str, host: str, port: str
) -> None:
    monkeypatch.setenv(NAME, f"postgresql://a:b@{place}/fleet")

    database = env_database(NAME)

    assert (database["HOST"], database["PORT"]) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "mysql://a:b@c/d",
        "postgresql://a:b@c",
        "fleet",
        "postgresql://a:b@c:many/d",
        "postgresql://a:b@c/d?sslmode=require",
    ],
)
def test_it_refuses_another_database(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(NAME, text)

    with pytest.raises(ImproperlyConfigured, match=r"write postgresql://") as refusal:
        env_database(NAME)

    assert text not in str(refusal.value)


def test_it_refuses_an_unknown_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "Europe/Atlantis")

    with pytest.raises(ImproperlyConfigured, match="write an IANA name"):
        env_zone(NAME, "UTC")
