"""Credentials are references: to the environment, to a file, or sealed with the center's key."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _


class CredentialError(Exception):
    """A reference that cannot be followed; the message names the reference, never the secret."""


def seal(plain: str) -> str:
    """Return a reference that holds `plain` encrypted with the newest of FLEET_CREDENTIAL_KEYS.

    Raises ImproperlyConfigured when no key is set.
    """
    return "sealed:" + _fernet().encrypt(plain.encode()).decode()


def reveal(reference: str) -> str:
    """Return the secret behind a reference. Raises CredentialError with the remedy."""
    kind, _colon, rest = reference.partition(":")
    if kind == "env":
        if rest not in os.environ:
            raise CredentialError(
                f"{reference}: set the variable {rest} where Fleet's workers run."
            )
        return os.environ[rest]
    if kind == "file":
        try:
            return Path(rest).read_text().rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not a text file"
            raise CredentialError(
                f"{reference}: cannot be read ({reason}); Fleet's workers need a readable file."
            ) from error
    if kind == "sealed":
        try:
            return _fernet().decrypt(rest.encode()).decode()
        except InvalidToken as error:
            raise CredentialError(
                "A sealed credential does not open with FLEET_CREDENTIAL_KEYS: enter it again."
            ) from error
    raise CredentialError("A credential is written env:NAME, file:/path or sealed:….")


def validate_reference(value: str) -> None:
    """Refuse what is not a reference, so that a plain secret is never stored."""
    kind, _colon, rest = value.partition(":")
    if kind not in {"env", "file", "sealed"} or not rest or (kind == "file" and rest[0] != "/"):
        raise ValidationError(_("Write env:NAME, file:/path or a sealed value, never the secret."))


def _fernet() -> MultiFernet:
    if not settings.FLEET_CREDENTIAL_KEYS:
        raise ImproperlyConfigured("Set FLEET_CREDENTIAL_KEYS to seal credentials.")
    return MultiFernet([Fernet(key) for key in settings.FLEET_CREDENTIAL_KEYS])
