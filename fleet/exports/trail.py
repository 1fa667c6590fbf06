"""The trail of exports: write a row, and find out whether somebody changed one."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from django.db import connection, transaction

from fleet.exports.models import Export
from fleet.exports.models_events import ExportEvent

# Any number that no other advisory lock of the center has.
TURN = 0x6578706F7274
# What the first row holds in place of the hash of the one before.
BEGINNING = "0" * 64
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not fit the one before, or its own hash."""

    event_id: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last row. Who keeps it elsewhere can show later that none was taken off the end."""

    event_id: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.event_id}:{self.sha256}"

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the head that is written so. Raises ValueError."""
        number, _colon, sha256 = text.strip().partition(":")
        if not (number.isascii() and number.isdecimal() and SHA256.fullmatch(sha256)):
            raise ValueError(text)
        return cls(int(number), sha256)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rows say, up to the first that is not as it was written."""

    n_events: int
    head: Head | None
    broken: Broken | None


def record(
    kind: ExportEvent.Kind,
    username: str,
    export: Export,
    now: datetime,
    *,
    study_ref: str = "",
    detail: str = "",
) -> ExportEvent:
    """Return the new row; text beyond its column's length is cut.

    Writers take turns until their transaction ends, so this is its last act: whoever locks rows
    afterwards could wait for one who waits for the turn.
    """
    event = ExportEvent(
        at=now,
        kind=kind,
        username=_fit(username, 150),
        region_code=_fit(export.region.code, 31),
        export_id=export.pk,
        study_ref=_fit(study_ref, 200),
        detail=_fit(detail, 1000),
    )
    with transaction.atomic():
        take_turn()
        last = head_of_trail()
        event.previous_sha256 = last.sha256 if last else BEGINNING
        event.sha256 = digest(event)
        event.save(force_insert=True)
    return event


def take_turn() -> None:
    """Wait until no other transaction writes the trail, and let none until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


def head_of_trail() -> Head | None:
    """Return the last row's number and hash; None before the first."""
    last = ExportEvent.objects.order_by("-pk").values_list("pk", "sha256").first()
    return Head(*last) if last else None


def why_not_held(head: Head) -> str:
    """Return the sentence why the trail is not the one that once ended so; empty if it is."""
    row = ExportEvent.objects.filter(pk=head.event_id).first()
    if row is None:
        return f"Row {head.event_id} is not there: it was taken off, with all that followed it."
    if row.sha256 != head.sha256:
        return f"Row {head.event_id} has another hash than then: the trail was written anew."
    return ""


def digest(event: ExportEvent) -> str:
    """Return the SHA-256 of a row's values and of the hash of the row before."""
    values = [
        event.previous_sha256,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.kind,
        event.username,
        event.region_code,
        event.export_id,
        event.study_ref,
        event.detail,
    ]
    raw = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(raw.encode()).hexdigest()


def read_trail() -> Verdict:
    """Return the verdict on the rows up to the first broken one."""
    last, n = None, 0
    for event in ExportEvent.objects.order_by("pk").iterator(chunk_size=1000):
        if sentence := _why_broken(event, last):
            return Verdict(n, last, Broken(event.pk, sentence))
        last, n = Head(event.pk, event.sha256), n + 1
    return Verdict(n, last, None)


def _why_broken(event: ExportEvent, last: Head | None) -> str:
    if event.previous_sha256 != (last.sha256 if last else BEGINNING):
        return f"Row {event.pk} does not follow the row before it: one was taken out."
    if event.sha256 != digest(event):
        return f"Row {event.pk} was changed after it was written."
    return ""


def _fit(text: str, length: int) -> str:
    return text.replace("\0", "")[:length]
