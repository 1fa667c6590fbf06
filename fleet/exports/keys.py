"""The exporter's secrets: keys of projects and of folders, made of one secret, and the signing key.

No key is stored: who loses FLEET_EXPORT_KEY cannot make the same pseudonyms again.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from fleet.exports.signature import private_of_pem

SHORTEST_SECRET = 32


def project_key(project: str) -> bytes:
    """Return the project's 32 bytes, the same in all regions. Raises ImproperlyConfigured."""
    return _derived(f"project {project}")


def keyed_name(text: str) -> str:
    """Return 32 hexadecimal digits that tell `text` to nobody without the secret."""
    return hmac.new(_derived("folders"), text.encode(), hashlib.sha256).hexdigest()[:32]


def signer() -> Ed25519PrivateKey:
    """Return the key that signs manifests. Raises ImproperlyConfigured."""
    if not settings.FLEET_EXPORT_SIGNING_KEY:
        raise ImproperlyConfigured(
            "Set FLEET_EXPORT_SIGNING_KEY for the exporter: manage.py make_signing_key makes one."
        )
    try:
        return private_of_pem(settings.FLEET_EXPORT_SIGNING_KEY.encode())
    except ValueError:
        raise ImproperlyConfigured(
            "FLEET_EXPORT_SIGNING_KEY is no Ed25519 key in PEM without a passphrase:"
            " manage.py make_signing_key makes one."
        ) from None


def _derived(what: str) -> bytes:
    secret = settings.FLEET_EXPORT_KEY
    if len(secret) < SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"Set FLEET_EXPORT_KEY for the exporter to {SHORTEST_SECRET} characters or more."
        )
    return HKDF(SHA256(), 32, salt=None, info=f"fleet export: {what}".encode()).derive(
        secret.encode()
    )
