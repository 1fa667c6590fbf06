"""Passwords that a machine makes for a region's reader, and what the region keeps of one."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64encode

RANDOM_BYTES = 32
# Repetition makes guessing dear where people choose; nobody guesses random bits. The center
# pays for each repetition, at every login.
ITERATIONS = 1


def new_password() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def verifier(password: str) -> str:
    """Return what PostgreSQL keeps of a random password: enough to check it, not to use it.

    Not for a password that a person chose: ITERATIONS is too few for that.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
