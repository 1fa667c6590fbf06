"""Pinned SSH host keys, written as in known_hosts: type, then base64."""

from __future__ import annotations

import base64
import binascii
import hashlib

import paramiko
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def parse_host_key(line: str) -> paramiko.PKey:
    """Return the key of "ssh-ed25519 AAAA…". Raises ValueError when it is none."""
    try:
        kind, body = line.split()[:2]
        return paramiko.PKey.from_type_string(kind, base64.b64decode(body, validate=True))
    except (ValueError, binascii.Error, paramiko.SSHException) as error:
        raise ValueError("not an SSH host key like “ssh-ed25519 AAAA…”") from error


def fingerprint(key: paramiko.PKey) -> str:
    """Return the key's fingerprint as OpenSSH prints it: SHA256:…"""
    digest = hashlib.sha256(key.asbytes()).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def validate_host_key(value: str) -> None:
    try:
        parse_host_key(value)
    except ValueError as error:
        raise ValidationError(
            _("Write type and key as ssh-keyscan prints them: ssh-ed25519 AAAA…")
        ) from error
