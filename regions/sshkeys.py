"""Private SSH keys from credential references, in any format that OpenSSH or OpenSSL writes."""

from __future__ import annotations

import io

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from django.core.exceptions import ImproperlyConfigured

from regions.credentials import CredentialError, reveal
from regions.failures import Failure
from regions.models.collection import FailureKind

PrivateKey = Ed25519PrivateKey | RSAPrivateKey | EllipticCurvePrivateKey


def load_private_key(reference: str, passphrase_reference: str) -> paramiko.PKey:
    """Return the private key behind a reference; the passphrase's reference may be empty.

    Raises Failure(CONFIGURATION) that says which of the two is wrong.
    """
    name = "The sealed private key" if reference.startswith("sealed:") else f"The key {reference}"
    text = reveal_secret(reference, "The private key")
    passphrase = reveal_secret(passphrase_reference, "The key's passphrase")
    parsed = _parse(text.encode(), passphrase.encode() or None, name)
    if not isinstance(parsed, PrivateKey):
        raise _wrong(f"{name} is of a kind that SSH servers refuse today. Make an ed25519 key.")
    plain = parsed.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return _key_class(parsed).from_private_key(io.StringIO(plain.decode()))


def reveal_secret(reference: str, what: str) -> str:
    """Return the secret behind a reference, "" for none. Raises Failure(CONFIGURATION)."""
    try:
        return reveal(reference) if reference else ""
    except CredentialError as error:
        raise _wrong(f"{what}: {error}") from None
    except (ImproperlyConfigured, ValueError):
        raise _wrong(
            f"{what} is sealed, but FLEET_CREDENTIAL_KEYS has no key that is one."
        ) from None


def _key_class(parsed: PrivateKey) -> type[paramiko.PKey]:
    if isinstance(parsed, Ed25519PrivateKey):
        return paramiko.Ed25519Key
    return paramiko.RSAKey if isinstance(parsed, RSAPrivateKey) else paramiko.ECDSAKey


def _parse(text: bytes, passphrase: bytes | None, name: str) -> object:
    is_openssh = b"BEGIN OPENSSH PRIVATE KEY" in text
    load = load_ssh_private_key if is_openssh else load_pem_private_key
    try:
        return load(text, passphrase)
    except TypeError:
        # The only two: encrypted without a passphrase, or a passphrase for a plain key.
        if passphrase is not None:
            return load(text, None)
        raise _wrong(f"{name} has a passphrase and none is given. Set its reference.") from None
    except (ValueError, UnsupportedAlgorithm):
        if b"PRIVATE KEY-----" not in text:
            raise _wrong(f"{name} is not a private key. Give the file without .pub.") from None
        if passphrase is not None:
            raise _wrong(f"{name} does not open with its passphrase. Set the right one.") from None
        raise _wrong(f"{name} is damaged or of an unknown format. Copy it again.") from None


def _wrong(sentence: str) -> Failure:
    return Failure(FailureKind.CONFIGURATION, sentence)
