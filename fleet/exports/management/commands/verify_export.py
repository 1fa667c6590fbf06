"""Check a package without network or database."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fleet.exports.signature import public_of_pem
from fleet.exports.verify import NotAPackage, verify


class Command(BaseCommand):
    help = "Check that an exported package is whole, unchanged and signed. Needs no network."
    # Whoever got a package may have no database.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the package, export-….zip")
        parser.add_argument("--key", type=Path, help="PEM file with the public key of its maker")

    def handle(self, *, file: Path, key: Path | None, **_options: object) -> None:
        try:
            verdict = verify(file, _public(key) if key else None)
        except OSError as error:
            name = error.filename or file
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
        except (ValueError, NotAPackage) as error:
            raise CommandError(str(error)) from error
        if verdict.problems:
            raise CommandError("\n".join(verdict.problems))
        self.stdout.write(
            f"Export {verdict.export_id} from {verdict.region_code} is whole:"
            f" {verdict.n_files} files, {verdict.n_bytes} bytes."
        )
        self.stdout.write(
            f"Signed by the key given, {verdict.signer}."
            if verdict.is_trusted
            else f"Signed by {verdict.signer}. Compare this with its maker, or give --key."
        )


def _public(key: Path) -> Ed25519PublicKey:
    try:
        return public_of_pem(key.read_bytes())
    except ValueError as error:
        raise CommandError(
            f"{key} holds no public key as PEM: give the one that make_signing_key printed."
        ) from error
