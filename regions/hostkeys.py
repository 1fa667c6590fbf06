"""Pinned SSH host keys, written as in known_hosts: type, then base64."""

from __future__ import annotations

import base64
import hashlib
from itertools import pairwise

import paramiko
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from paramiko.pkey import UnknownKeyType


def parse_host_key(line: str) -> paramiko.PKey:
    """Return the key of "ssh-ed25519 AAAA…", perhaps with the host before it as ssh-keyscan prints.

    Raises ValueError when there is none.
    """
    for kind, body in pairwise(line.split()[:3]):
        try:
            return paramiko.PKey.from_type_string(kind, base64.b64decode(body, validate=True))
        except (ValueError, paramiko.SSHException, UnknownKeyType):
            continue
    raise ValueError("not an SSH host key like “ssh-ed25519 AAAA…”")


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
