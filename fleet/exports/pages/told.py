"""Rows of the trail in words: it keeps codes, bytes and English, as they came to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fleet.exports.models import Export, ExportedStudy
from fleet.exports.models_events import ExportEvent
from fleet.exports.pages.said import said
from fleet.exports.pages.words import Words
from fleet.exports.purposes import PURPOSES, label

Kind = ExportEvent.Kind
ASKED = re.compile(r"(\w+), ([\w-]+): (.*)", re.ASCII | re.DOTALL)
ENDED = re.compile(r"(\w+)(?:: (.*))?", re.ASCII | re.DOTALL)
FOUND = re.compile(r"(\d+) files, (\d+) bytes (?:in|from) (.*)", re.ASCII | re.DOTALL)
CLEANED = re.compile(r"(\d+) of (\d+) files", re.ASCII)
SHEET = re.compile(r"sheet (\d+) of (\d+)", re.ASCII)
PACKED = re.compile(r"(\d+) bytes, (SHA-256 \w+)", re.ASCII)


def told(event: ExportEvent, words: Words) -> str:
    """Return the row's detail in the active language; what is not known stays as it is."""
    if event.kind == Kind.PRIORITISED:
        names = {one.name.lower(): str(one.label) for one in Export.Priority}
        return names.get(event.detail, event.detail)
    if event.kind == Kind.DOWNLOADED and event.detail:
        return f"SHA-256 {event.detail}"
    if event.kind not in _TELLING:
        return event.detail
    pattern, tell = _TELLING[Kind(event.kind)]
    found = pattern.fullmatch(event.detail)
    return tell(found, words) if found else event.detail


def moment(at: datetime) -> str:
    """Return a moment as it is still clear years later: “9 March 2026, 10:00:05 UTC”."""
    local = at.astimezone(settings.FLEET_TIME_ZONE)
    return f"{long_day(local)}, {local:%H:%M:%S %Z}"


def long_day(day: date) -> str:
    """Return “9 March 2026”."""
    return date_format(day, "j E Y")


def _asked(found: re.Match[str], _words: Words) -> str:
    purpose, project, reason = found.groups()
    return f"{label(purpose) if purpose in PURPOSES else purpose}, {project}: {reason}"


def _ended(found: re.Match[str], _words: Words) -> str:
    why, sentence = found.groups()
    if why not in ExportedStudy.Why:
        return said(found[0])
    return said(sentence) if sentence else str(ExportedStudy.Why(why).label)


def _found(found: re.Match[str], words: Words) -> str:
    return f"{words.files(int(found[1]))}, {words.size(int(found[2]))}, {found[3]}"


def _cleaned(found: re.Match[str], words: Words) -> str:
    return words.of_files(int(found[1]), int(found[2]))


def _sheet(found: re.Match[str], _words: Words) -> str:
    return _("sheet %(n)s of %(total)s") % {"n": found[1], "total": found[2]}


def _packed(found: re.Match[str], words: Words) -> str:
    return f"{words.size(int(found[1]))}, {found[2]}"


_TELLING: dict[Kind, tuple[re.Pattern[str], Callable[[re.Match[str], Words], str]]] = {
    Kind.REQUESTED: (ASKED, _asked),
    Kind.UNAVAILABLE: (ENDED, _ended),
    Kind.FAILED: (ENDED, _ended),
    Kind.LOOKED_UP: (FOUND, _found),
    Kind.FETCHED: (FOUND, _found),
    Kind.CLEANED: (CLEANED, _cleaned),
    Kind.LOOKED_THROUGH: (SHEET, _sheet),
    Kind.PACKED: (PACKED, _packed),
}
