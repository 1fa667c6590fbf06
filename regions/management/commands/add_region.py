"""Add regions with their ways in, from flags or from a YAML file."""

from __future__ import annotations

import getpass
import sys
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.credentials import seal
from regions.registration import RegistrationError, register_regions

REGION_FLAGS = {
    "name": "name for people",
    "time_zone": "IANA zone of the region, such as Europe/Moscow",
    "level": "1 cloud, 2 remote (default), 3 offline",
    "collect_every": "time between collections, 00:05:00 by default",
    "late_after": "age at which data are late, 00:30:00 by default",
    "stale_after": "age at which data are stale, 06:00:00 by default",
    "open_weekdays": "ISO weekdays on which studies come, 1234567 by default",
    "country": "ISO code of the country whose holidays are days off, such as RU",
    "database_name": "name of the region's database",
    "database_user": "its reading role",
    "database_password": "reference to its password: env:NAME or file:/path",
}
PATH_FLAGS = {
    "database_host": "host of the database, seen from the last SSH server or from here",
    "database_port": "its port, 5432 by default",
}
HOP_FLAGS = {
    "hop_key": "reference to the private key for the hop: env:NAME or file:/path",
    "hop_host_key": "the hop's pinned host key: “ssh-ed25519 AAAA…”",
    "hop_passphrase": "reference to the private key's passphrase",
}


class Command(BaseCommand):
    help = (
        "Add a region with one path from flags, or several from --file (see docs/operations.md)."
        " All are added or none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="?", help="the region's code, such as tver")
        parser.add_argument("--file", type=Path, help="YAML file: one region, or a list of them")
        parser.add_argument("--seal", action="store_true", help="seal plain secrets on the way in")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the reader's password from standard input and seal it",
        )
        for name, text in {**REGION_FLAGS, **PATH_FLAGS}.items():
            parser.add_argument(_flag(name), help=text)
        parser.add_argument(
            "--hop",
            action="append",
            default=[],
            help="SSH server USER@HOST[:PORT]; repeat it, with its --hop-key, for jump hosts",
        )
        for name, text in HOP_FLAGS.items():
            parser.add_argument(_flag(name), action="append", default=[], help=text)

    def handle(self, *, file: Path | None, seal: bool, **options: Any) -> None:
        descriptions = read_file(file) if file else [describe(options)]
        if file and any(options[name] for name in ("code", "password_stdin", *REGION_FLAGS, "hop")):
            raise CommandError("Give either --file or flags: the file says all of its regions.")
        try:
            regions = register_regions(descriptions, seals_secrets=seal)
        except RegistrationError as error:
            raise CommandError(f"Nothing was added.\n{error}") from error
        for region in regions:
            self.stdout.write(
                f"{region.code} is added. Try its ways in: manage.py check_region {region.code}"
            )


def read_file(path: Path) -> list[object]:
    """Return the regions that the file describes. Raises CommandError without its content."""
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise CommandError(f"{path} cannot be read: {reason}.") from error
    except yaml.YAMLError as error:
        # What YAML says of a fault quotes the line, and in the line may stand a secret.
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "somewhere"
        raise CommandError(
            f"{path} is not YAML ({place}). Put values with special signs in quotes."
        ) from None
    if isinstance(content, list):
        return content
    return [content]


def describe(options: dict[str, Any]) -> dict[str, Any]:
    """Return the region that the flags describe. Raises CommandError."""
    if not options["code"]:
        raise CommandError("Give the region's code and flags, or --file.")
    region = {name: options[name] for name in ("code", *REGION_FLAGS) if options[name]}
    if options["password_stdin"]:
        region["database_password"] = read_password()
    hops = describe_hops(options)
    path = {name: options[name] for name in PATH_FLAGS if options[name]}
    if hops or path:
        region["paths"] = [{**path, "hops": hops}]
    return region


def describe_hops(options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the hops: the first --hop goes with the first --hop-key and so on."""
    n_hops = len(options["hop"])
    for name in HOP_FLAGS:
        if len(options[name]) > n_hops:
            raise CommandError(f"There are more {_flag(name)} than --hop: give one for each hop.")
    hops = []
    for place, key, host_key, passphrase in zip_longest(
        options["hop"], *(options[name] for name in HOP_FLAGS)
    ):
        try:
            server = urlsplit(f"ssh://{place}")
            address = {"user": server.username, "host": server.hostname, "port": server.port or 22}
        except ValueError:
            raise CommandError(f"--hop {place}: write USER@HOST or USER@HOST:PORT.") from None
        secrets = {"private_key": key, "host_key": host_key, "passphrase": passphrase}
        hops.append({**address, **secrets})
    return hops


def read_password() -> str:
    """Return a sealed password that was typed, or came through a pipe."""
    if sys.stdin.isatty():
        password = getpass.getpass("The reader's password: ")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("The password from standard input is empty.")
    try:
        return seal(password)
    except (ImproperlyConfigured, ValueError) as error:
        raise CommandError("Set FLEET_CREDENTIAL_KEYS to seal the password.") from error


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
