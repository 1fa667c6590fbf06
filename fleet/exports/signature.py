"""Ed25519 signatures of manifests, and the short form of a key that people compare."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def canonical(values: dict[str, Any]) -> bytes:
    """Return the one way in which a manifest is written: sorted, without spaces, UTF-8."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sign(raw: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the signature as one line of base64."""
    return base64.b64encode(key.sign(raw)) + b"\n"


def is_signed(raw: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Return whether the line is the key's signature of the bytes."""
    try:
        key.verify(base64.b64decode(signature.strip(), validate=True), raw)
    except (InvalidSignature, binascii.Error):
        return False
    return True


def public_text(key: Ed25519PublicKey) -> str:
    """Return the 32 bytes of the public key in base64."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def public_of_text(text: str) -> Ed25519PublicKey:
    """Return the key of `public_text`. Raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return 16 hexadecimal digits in groups of four."""
    digits = hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4))


def private_of_pem(pem: bytes) -> Ed25519PrivateKey:
    """Return a signing key from a PEM file without a passphrase. Raises ValueError."""
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("The signing key is not Ed25519: make one with openssl genpkey.")
    return key


def public_of_pem(pem: bytes) -> Ed25519PublicKey:
    """Return a public key from a PEM file. Raises ValueError."""
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("The public key is not Ed25519.")
    return key
