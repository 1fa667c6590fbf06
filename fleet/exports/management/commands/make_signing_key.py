"""Make the key that signs packages."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.exports.signature import fingerprint


class Command(BaseCommand):
    help = "Write a new Ed25519 signing key to a file and print the public key to give away."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the key's file; it must not exist yet")

    def handle(self, *, file: Path, **_options: object) -> None:
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            file.touch(mode=0o600, exist_ok=False)
            file.write_bytes(private)
        except OSError as error:
            raise CommandError(f"{file} cannot be made: {error.strerror}.") from error
        public = key.public_key()
        text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.stdout.write(text.rstrip("\n"))
        self.stdout.write(f"Its fingerprint is {fingerprint(public)}.")
        self.stdout.write(f"Give the exporter FLEET_EXPORT_SIGNING_KEY_FILE={file.absolute()}")
