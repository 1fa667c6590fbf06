"""Notes on a region's day or on the whole fleet's. They are written once and never edited."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.people.audit import record
from fleet.people.models import AuditEvent
from fleet.review.models import LONGEST_NOTE, Note
from regions.models import Region

# In SQL, as in known.py. A date has few notes; a thousand regions in the question would take longer
# than the answer.
_NOTES = "SELECT * FROM review_note WHERE day = %s ORDER BY at, id"


class BadNote(ValueError):
    """The sentence says what to mend."""


def notes(day: date, region_ids: Collection[int]) -> dict[int | None, list[Note]]:
    """Return the notes on a date by region, oldest first, in one query; None holds the fleet's."""
    asked = {None, *region_ids}
    found: dict[int | None, list[Note]] = defaultdict(list)
    for note in Note.objects.raw(_NOTES, [day]):
        if note.region_id in asked:
            found[note.region_id].append(note)
    return found


def write(
    account: User, region: Region | None, day: date, text: str, now: datetime, *, reason: str = ""
) -> Note:
    """Write a note on a region's day, or on the fleet's. Raises BadNote with a sentence."""
    # A browser counts a line's end as one character and sends two.
    text = text.replace("\r\n", "\n").strip()
    if not text or "\0" in text:
        raise BadNote(_("Write the note's text first."))
    if not re.fullmatch(r"[\w.:-]{0,40}", reason, re.ASCII):
        raise BadNote(_("There is no such reason. Look again."))
    if len(text) > LONGEST_NOTE:
        raise BadNote(
            ngettext(
                "The note is longer than %(limit)s character. Shorten it.",
                "The note is longer than %(limit)s characters. Shorten it.",
                LONGEST_NOTE,
            )
            % {"limit": LONGEST_NOTE}
        )
    with transaction.atomic():
        note = Note.objects.create(
            region=region,
            day=day,
            author=account,
            author_name=account.get_full_name() or account.get_username(),
            at=now,
            reason=reason,
            text=text,
        )
        record(
            AuditEvent.Kind.NOTED,
            account.get_username(),
            now,
            region_code=region.code if region else "",
            subject=day.isoformat(),
            detail=reason,
        )
    return note
