"""New UIDs, names and dates from a key: the same for the same key, unrelated for another one."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import date, datetime, time, timedelta

SHORTEST_KEY = 32
# Dates move back by one to ten years, and times with them, so that the hour of the day goes too.
MIN_DAYS, MAX_DAYS = 365, 3652
DAY_SECONDS = 86_400

_DA = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_TM = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(\.\d{1,6})?)?)?")
_CLOCK = r"(\d{2})(?:(\d{2})(?:(\d{2})(\.\d{1,6})?)?)?"
_DT = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}})(?:{_CLOCK})?([+-]\d{{4}})?")


class Pseudonyms:
    """What one project's key makes of the identifiers of one patient.

    The key never leaves this object: neither its repr nor what it returns tells it.
    """

    def __init__(self, key: bytes, patient: str) -> None:
        """Raise ValueError for a key shorter than 32 bytes. `patient` may be empty."""
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"A project's key has at least {SHORTEST_KEY} bytes: make a new one.")
        self._key = key
        self._patient = " ".join(patient.split()).casefold()
        number = self._number("shift", self._patient)
        self.shift = -timedelta(
            days=MIN_DAYS + number % (MAX_DAYS - MIN_DAYS),
            seconds=(number >> 64) % DAY_SECONDS,
        )

    def _number(self, kind: str, text: str) -> int:
        """Return a number of 256 bits."""
        digest = hmac.new(self._key, f"{kind}\0{text}".encode(), hashlib.sha256)
        return int.from_bytes(digest.digest(), "big")

    def uid(self, uid: str) -> str:
        """Return the new UID, by the rule of UUID-derived ones: 2.25 and 128 bits."""
        return f"2.25.{self._number('uid', uid.strip()) >> 128}"

    def patient(self) -> str:
        """Return the patient's new identifier, 12 letters and digits."""
        return f"P{self._number('patient', self._patient) >> 212:011X}"

    def device(self, kind: str, value: str, *, is_linked: bool) -> str:
        """Return the new name of a device, 12 letters and digits.

        Linked names are the same for all patients, others only for this one.
        """
        whose = "" if is_linked else f" of {self._patient}"
        return f"D{self._number(f'device {kind}{whose}', value.strip()) >> 212:011X}"

    def moved_date(self, text: str, at: str = "") -> str | None:
        """Return a DA moved by the patient's shift, with the TM `at` that belongs to it.

        None: it is not a date, or leaves the years that DICOM can write.
        """
        moved = self._moved(text, at)
        return moved.strftime("%Y%m%d") if moved else None

    def moved_time(self, text: str, on: str = "") -> str | None:
        """Return a TM moved by the patient's shift; None when it is not a time."""
        moved = self._moved(on or "20000101", text) if text.strip() else None
        return _like(text, moved) if moved else None

    def moved_datetime(self, text: str) -> str | None:
        """Return a DT moved by the patient's shift; None when it is not one."""
        match = _DT.fullmatch(text.strip())
        if not match:
            return None
        clock = "".join(part or "" for part in match.groups()[3:7])
        moved = self._moved("".join(match.groups()[:3]), clock)
        if moved is None:
            return None
        tail = _like(clock, moved) if clock else ""
        return moved.strftime("%Y%m%d") + tail + (match[8] or "")

    def _moved(self, day: str, clock: str) -> datetime | None:
        parsed, at = _day(day), _clock(clock) if clock.strip() else time(12)
        if parsed is None or at is None:
            return None
        try:
            moved = datetime.combine(parsed, at) + self.shift
        except OverflowError:
            return None
        # strftime writes years before 1000 with fewer than four digits.
        return moved if moved.year >= 1000 else None


def _day(text: str) -> date | None:
    match = _DA.fullmatch(text.strip())
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    match = _TM.fullmatch(text.strip())
    if not match:
        return None
    hours, minutes, seconds, fraction = match.groups()
    try:
        # A leap second is written as 60 and has no place in Python's clock.
        return time(
            int(hours),
            int(minutes or 0),
            min(int(seconds or 0), 59),
            int((fraction or ".0")[1:].ljust(6, "0")),
        )
    except ValueError:
        return None


def _like(text: str, moved: datetime) -> str:
    """Return the time of day with as many places as the original had."""
    digits = re.sub(r"[^\d.]", "", text)
    whole, _dot, fraction = digits.partition(".")
    # The shift counts seconds, so a time without them gains them.
    clock = moved.strftime("%H%M%S") if whole else ""
    return clock + (f".{moved.microsecond:06d}"[: len(fraction) + 1] if fraction else "")


def key_id(key: bytes) -> str:
    """Return a name for a key from which the key cannot be found."""
    return hmac.new(key, b"key id", hashlib.sha256).hexdigest()[:16]
