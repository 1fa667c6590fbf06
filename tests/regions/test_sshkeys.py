from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.conf import LazySettings

from regions.credentials import seal
from regions.failures import Failure
from regions.hostkeys import fingerprint
from regions.sshkeys import load_private_key


def make_key(folder: Path, *options: str, passphrase: str = "") -> Path:
    path = folder / "key"
    subprocess.run(
        ["ssh-keygen", "-q", *options, "-N", passphrase, "-f", path], check=True, timeout=60
    )
    return path


@pytest.mark.parametrize(
    "options",
    [
        ("-t", "ed25519"),
        ("-t", "ecdsa"),
        ("-t", "rsa", "-b", "2048"),
        ("-t", "rsa", "-b", "2048", "-m", "PEM"),
        ("-t", "rsa", "-b", "2048", "-m", "PKCS8"),
    ],
    ids=["ed25519", "ecdsa", "rsa", "rsa PEM", "rsa PKCS8"],
)
@pytest.mark.parametrize("passphrase", ["", "open sesame"], ids=["plain", "passphrase"])
def test_it_loads_a_key_of_any_format(
    tmp_path: Path, options: tuple[str, ...], passphrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_key(tmp_path, *options, passphrase=passphrase)
    monkeypatch.setenv("KEY_PASSPHRASE", passphrase)

    key = load_private_key(f"file:{path}", "env:KEY_PASSPHRASE" if passphrase else "")

    printed = subprocess.run(
        ["ssh-keygen", "-l", "-f", path], capture_output=True, text=True, check=True, timeout=60
    )
    assert fingerprint(key) in printed.stdout


def test_it_loads_a_sealed_key(tmp_path: Path) -> None:
    sealed = seal(make_key(tmp_path, "-t", "ed25519").read_text())

    assert load_private_key(sealed, "").get_name() == "ssh-ed25519"


def test_it_ignores_a_passphrase_that_the_key_does_not_need(tmp_path: Path) -> None:
    path = make_key(tmp_path, "-t", "ed25519")

    assert load_private_key(f"file:{path}", seal("unneeded")).can_sign()


def refusal(reference: str, passphrase: str = "") -> str:
    with pytest.raises(Failure) as caught:
        load_private_key(reference, passphrase)
    assert caught.value.kind == "configuration"
    return caught.value.sentence


def test_it_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be read (No such file or directory)" in refusal(f"file:{tmp_path}/none")


def test_it_names_a_variable_that_is_not_set() -> None:
    assert "set the variable FLEET_NO_KEY" in refusal("env:FLEET_NO_KEY")


def test_it_asks_for_a_passphrase(tmp_path: Path) -> None:
    path = make_key(tmp_path, "-t", "ed25519", passphrase="open sesame")

    assert "has a passphrase and none is given" in refusal(f"file:{path}")


@pytest.mark.parametrize("kind", ["OpenSSH", "PEM"])
def test_it_refuses_a_wrong_passphrase_without_showing_it(tmp_path: Path, kind: str) -> None:
    options = ("-t", "ed25519") if kind == "OpenSSH" else ("-t", "rsa", "-m", "PEM")
    path = make_key(tmp_path, *options, passphrase="open sesame")

    sentence = refusal(f"file:{path}", seal("open barley"))

    assert "does not open with its passphrase" in sentence
    assert "barley" not in sentence


def test_it_refuses_the_public_half(tmp_path: Path) -> None:
    path = make_key(tmp_path, "-t", "ed25519")

    assert "is not a private key" in refusal(f"file:{path}.pub")


def test_it_refuses_a_damaged_key_without_showing_it(tmp_path: Path) -> None:
    path = make_key(tmp_path, "-t", "ed25519")
    text = path.read_text()
    path.write_text(text[:100] + text[130:])

    sentence = refusal(f"file:{path}")

    assert "is damaged" in sentence
    assert text[40:80] not in sentence


def test_it_says_that_a_sealed_key_needs_the_sealing_key(settings: LazySettings) -> None:
    sealed = seal("anything")
    settings.FLEET_CREDENTIAL_KEYS = []

    assert "FLEET_CREDENTIAL_KEYS" in refusal(sealed)
