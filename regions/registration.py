"""Register regions with their paths from plain mappings: all of them, or none with every reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models, transaction

from regions.belongings import BELONGINGS, Belongings
from regions.credentials import seal, validate_reference
from regions.failures import Failure
from regions.models import AccessPath, Region, SshHop
from regions.models.region import Level
from regions.sshkeys import load_private_key, reveal_secret

Built = TypeVar("Built", bound=models.Model)

REGION_WORDS = (
    "code",
    "name",
    "time_zone",
    "level",
    "is_active",
    "collect_every",
    "late_after",
    "stale_after",
    "open_weekdays",
    "country",
    "database_name",
    "database_user",
    "database_password",
)
PATH_WORDS = ("database_host", "database_port", "is_enabled")
HOP_WORDS = ("host", "port", "user", "private_key", "passphrase", "host_key")
SECRETS = {"database_password", "private_key", "passphrase", "password"}
HOST_KEY_REMEDY = (
    "It is missing. Ask the region's administrator for it (cat /etc/ssh/ssh_host_ed25519_key.pub);"
    " nothing is trusted unseen."
)


class RegistrationError(Exception):
    """Why nothing was registered: `sentences` name region, field and remedy, never a secret."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = list(sentences)


def register_regions(
    descriptions: Sequence[object], *, seals_secrets: bool = False
) -> list[Region]:
    """Save the regions with their paths and hops in one transaction and return them.

    A plain secret is refused, or sealed on the way in with `seals_secrets`. Keys and passwords
    are opened once, so that what cannot work is refused now. Raises RegistrationError.
    """
    registrar = Registrar(seals_secrets)
    with transaction.atomic():
        regions = [
            registrar.register(number, description)
            for number, description in enumerate(descriptions, start=1)
        ]
        if registrar.faults:
            raise RegistrationError(registrar.faults)
    return regions


class Registrar:
    """Builds and saves one region after another, and gathers the faults of all."""

    def __init__(self, seals_secrets: bool) -> None:
        self.seals_secrets = seals_secrets
        self.faults: list[str] = []

    def register(self, number: int, description: object) -> Region:
        """Save one region when nothing is wrong with it; else add to the faults."""
        n_faults = len(self.faults)
        values = self._mapping(f"region {number}", description)
        where = str(values.get("code") or f"region {number}")
        described_paths = self._sequence(f"{where}.paths", values.pop("paths", []))
        rows = [row for kind in BELONGINGS for row in self._build_belongings(where, kind, values)]
        region = self._build(Region(), where, REGION_WORDS, values)
        paths = [
            self._build_path(f"{where}.paths[{position}]", position, path)
            for position, path in enumerate(described_paths, start=1)
        ]
        self._check_ways(where, region, paths)
        if len(self.faults) == n_faults:
            self._open_secrets(where, region, [hop for _path, hops in paths for hop in hops])
        if len(self.faults) == n_faults:
            _save(region, paths, rows)
        return region

    def _build_belongings(
        self, where: str, kind: Belongings, values: dict[str, Any]
    ) -> list[models.Model]:
        described = self._sequence(f"{where}.{kind.word}", values.pop(kind.word, []))
        return [
            self._build(
                kind.model(position=position),
                (place := f"{where}.{kind.word}[{position}]"),
                kind.words,
                self._mapping(place, description),
            )
            for position, description in enumerate(described, start=1)
        ]

    def _build_path(
        self, where: str, position: int, description: object
    ) -> tuple[AccessPath, list[SshHop]]:
        values = self._mapping(where, description)
        described_hops = self._sequence(f"{where}.hops", values.pop("hops", []))
        kind = AccessPath.Kind.SSH if described_hops else AccessPath.Kind.DIRECT
        path = self._build(AccessPath(position=position, kind=kind), where, PATH_WORDS, values)
        hops = [
            self._build(
                SshHop(position=number),
                f"{where}.hops[{number}]",
                HOP_WORDS,
                self._mapping(f"{where}.hops[{number}]", hop),
            )
            for number, hop in enumerate(described_hops, start=1)
        ]
        return path, hops

    def _build(
        self, instance: Built, where: str, words: Sequence[str], values: Mapping[str, Any]
    ) -> Built:
        if unknown := sorted(set(map(str, values)) - set(words)):
            self.faults.append(
                f"{where}: “{', '.join(unknown)}” means nothing here. Known are {', '.join(words)}."
            )
        for word in words:
            if values.get(word) is not None:
                self._set(instance, where, word, values[word])
        try:
            instance.full_clean(exclude={"region", "path"})
        except ValidationError as error:
            for word, problems in error.error_dict.items():
                self.faults += [f"{where}.{word}: {_say(word, problem)}" for problem in problems]
        return instance

    def _set(self, instance: models.Model, where: str, word: str, value: Any) -> None:
        field = instance._meta.get_field(word)
        if isinstance(field, models.CharField) and not isinstance(value, str):
            self.faults.append(f"{where}.{word}: Write text; put it in quotes.")
            return
        if isinstance(field, models.DurationField) and isinstance(value, int):
            value = timedelta(seconds=value)
        if word in SECRETS and self.seals_secrets and value:
            value = self._sealed(f"{where}.{word}", value)
        elif isinstance(value, str):
            value = value.strip()
        setattr(instance, word, value)

    def _sealed(self, where: str, value: str) -> str:
        try:
            validate_reference(value)
        except ValidationError:
            try:
                return seal(value)
            except (ImproperlyConfigured, ValueError):
                self.faults.append(f"{where}: Set FLEET_CREDENTIAL_KEYS to seal credentials.")
        return value

    def _check_ways(
        self, where: str, region: Region, paths: list[tuple[AccessPath, list[SshHop]]]
    ) -> None:
        if not paths and region.level != Level.OFFLINE:
            self.faults.append(f"{where}.paths: Give a way in, or level 3 for an offline region.")
        if paths and not region.database_password:
            self.faults.append(
                f"{where}.database_password: It is missing. Write env:NAME or file:…"
            )

    def _open_secrets(self, where: str, region: Region, hops: list[SshHop]) -> None:
        try:
            reveal_secret(region.database_password, "The reader's password")
            for hop in hops:
                load_private_key(hop.private_key, hop.passphrase)
        except Failure as failure:
            self.faults.append(f"{where}: {failure.sentence}")

    def _mapping(self, where: str, description: object) -> dict[str, Any]:
        if isinstance(description, Mapping):
            return dict(description)
        self.faults.append(f"{where}: Write “word: value” lines.")
        return {}

    def _sequence(self, where: str, items: object) -> list[object]:
        if isinstance(items, list):
            return items
        self.faults.append(f"{where}: Write a list, each item with “- ” before it.")
        return []


def _save(
    region: Region, paths: list[tuple[AccessPath, list[SshHop]]], rows: list[models.Model]
) -> None:
    region.save()
    for row in rows:
        row.region = region  # type: ignore[attr-defined]  # every model of BELONGINGS has it
        row.save()
    for path, hops in paths:
        path.region = region
        path.save()
        for hop in hops:
            hop.path = path
            hop.save()


def _say(word: str, problem: ValidationError) -> str:
    if problem.code in {"blank", "null"}:
        return HOST_KEY_REMEDY if word == "host_key" else "It is missing. Write it."
    sentence = " ".join(problem.messages)
    return f"{sentence} Or seal it on the way in: --seal." if word in SECRETS else sentence
