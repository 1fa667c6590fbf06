"""The trail of exports: write a row, and find out whether somebody changed one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from fleet.exports.models import Export
from fleet.exports.models_events import ExportEvent

# Any number that no other advisory lock of the center has.
TURN = 0x6578706F7274
# What the first row holds in place of the hash of the one before.
BEGINNING = "0" * 64


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not fit the one before, or its own hash."""

    event_id: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the whole trail says. `head` is the hash of its last row: who keeps it elsewhere can
    show later that no row was taken off the end."""

    n_events: int
    head: str
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
        event.previous_sha256 = head()
        event.sha256 = digest(event)
        event.save(force_insert=True)
    return event


def take_turn() -> None:
    """Wait until no other transaction writes the trail, and let none until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


def head() -> str:
    """Return the hash of the last row, or BEGINNING."""
    last = ExportEvent.objects.order_by("-pk").values_list("sha256", flat=True).first()
    return last or BEGINNING


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


def verify_trail() -> Broken | None:
    """Return the first row that was changed or follows one that was taken out; None if none was."""
    return read_trail().broken


def read_trail() -> Verdict:
    """Return the verdict on the rows up to the first broken one."""
    previous, n = BEGINNING, 0
    for event in ExportEvent.objects.order_by("pk").iterator(chunk_size=1000):
        if event.previous_sha256 != previous:
            sentence = f"Row {event.pk} does not follow the row before it: one was taken out."
            return Verdict(n, previous, Broken(event.pk, sentence))
        if event.sha256 != digest(event):
            sentence = f"Row {event.pk} was changed after it was written."
            return Verdict(n, previous, Broken(event.pk, sentence))
        previous, n = event.sha256, n + 1
    return Verdict(n, previous, None)


def _fit(text: str, length: int) -> str:
    return text.replace("\0", "")[:length]
