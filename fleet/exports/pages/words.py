"""Exports and their studies in words, in the active language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fleet.exports.models import ExportedStudy
from fleet.exports.queueing import AT_WORK, Reason, Waiting
from fleet.review.dates import today
from fleet.review.figures import Figures
from fleet.review.standing_alerts import name_of

State = ExportedStudy.State
Why = ExportedStudy.Why
KB, MB, GB = 1000, 1000**2, 1000**3
# So long the exporter may take for a step without a sign of life.
PATIENCE = timedelta(minutes=10)
# Of a reference or a hash that is a whole line long, its first letters tell it from others.
LONG, SHORT = 16, 12
HASH = re.compile(r"\b[0-9a-f]{64}\b")
# The glyph and the mark's class of the style sheet: shape and word say it all.
MARKS = {
    State.REQUESTED: ("◌", "unknown"),
    State.WAITING_APPROVAL: ("▲", "look"),
    State.QUEUED: ("◌", "unknown"),
    State.FETCHING: ("◐", "fine"),
    State.CLEANING: ("◐", "fine"),
    State.VALIDATING: ("◐", "fine"),
    State.PREVIEW: ("▲", "look"),
    State.READY: ("●", "fine"),
    State.EXPIRED: ("◇", "unknown"),
    State.SHREDDED: ("◇", "unknown"),
    State.REFUSED: ("■", "failing"),
    State.UNAVAILABLE: ("■", "failing"),
    State.FAILED: ("■", "failing"),
    State.CANCELLED: ("◇", "unknown"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """Looked up once for a page; `today` is the date of the center's people."""

    figures: Figures
    now: datetime
    today: date

    @classmethod
    def of_active_language(cls, now: datetime) -> Self:
        return cls(Figures.of_active_language(), now, today(now))

    def clock(self, moment: datetime) -> str:
        """Return a moment on the clock of the center's people."""
        return self.figures.clock(moment, settings.FLEET_TIME_ZONE, self.today)

    def size(self, n_bytes: float) -> str:
        """Return “66 MB” or “4.2 GB”."""
        unit, form = (GB, _("%(n)s GB")) if n_bytes >= GB else (MB, _("%(n)s MB"))
        if n_bytes < MB:
            unit, form = KB, _("%(n)s kB")
        return _unbroken(form % {"n": self._short(n_bytes / unit)})

    def rate(self, bytes_per_s: float) -> str:
        """Return “1.2 MB/s” or “125 kB/s”."""
        if bytes_per_s < MB:
            return _unbroken(_("%(n)s kB/s") % {"n": self._short(bytes_per_s / KB)})
        return _unbroken(_("%(n)s MB/s") % {"n": self._short(bytes_per_s / MB)})

    def left(self, seconds: float) -> str:
        """Return how long something takes: “under a minute”, “12 min”."""
        if seconds < 60:
            return _("under a minute")
        return _unbroken(self.figures.age(timedelta(seconds=seconds)))

    def files(self, n: int) -> str:
        return ngettext("%(n)s file", "%(n)s files", n) % {"n": self.figures.count(n)}

    def of_files(self, n: int, total: int) -> str:
        words = {"n": self.figures.count(n), "total": self.figures.count(total)}
        return ngettext("%(n)s of %(total)s file", "%(n)s of %(total)s files", total) % words

    def _short(self, value: float) -> str:
        text = f"{value:.1f}" if value < 10 else f"{value:.0f}"
        return text.replace(".", self.figures.decimal)


def short(ref: str) -> str:
    """Return the first letters of a long reference, or a short one whole."""
    return ref if len(ref) <= LONG else f"{ref[:SHORT]}…"


def shortened(text: str) -> str:
    """Return the text with the first letters of its hashes."""
    return HASH.sub(lambda found: short(found[0]), text)


def _unbroken(text: str) -> str:
    """Return a number and its unit in one line."""
    return text.replace(" ", "\u00a0")


def state_words(study: ExportedStudy) -> str:
    """Return the state as a word or two, with what a person wants of it."""
    if study.wants_cancel and study.state not in ExportedStudy.FINAL:
        return _("is being cancelled")
    if study.is_paused:
        return pgettext("a study on its way", "paused")
    return str(study.get_state_display())


@dataclass(frozen=True, slots=True)
class Outlook:
    """How long the rest of the transfer takes, when it will be over, and why the study does not go
    on; None: unknown, or nothing holds it."""

    seconds_left: float | None = None
    here_by: datetime | None = None
    waits: Waiting | None = None


def sentence(study: ExportedStudy, words: Words, outlook: Outlook) -> str:
    """Return where the study is and what happens next."""
    if study.wants_cancel and study.state not in ExportedStudy.FINAL:
        return _("It is being cancelled; what was fetched of it is shredded.")
    if study.is_paused:
        return _("Paused. What was fetched stays for seven days, and goes on from there.")
    if study.state in {State.UNAVAILABLE, State.FAILED}:
        return ended(study)
    return {
        State.REQUESTED: _requested,
        State.WAITING_APPROVAL: lambda *_a: _("The region is not asked before it is approved."),
        State.QUEUED: _queued,
        State.FETCHING: _fetching,
        State.CLEANING: _cleaning,
        State.VALIDATING: lambda *_a: _("What was de-identified is being checked."),
        State.PREVIEW: _preview,
        State.READY: _ready,
        State.EXPIRED: lambda *_a: _gone(),
        State.SHREDDED: lambda *_a: _("Shredded: nothing of it is left here."),
        State.REFUSED: lambda *_a: _("Refused. The reason is below."),
        State.CANCELLED: lambda *_a: _("Cancelled. Nothing of it is left here."),
    }[State(study.state)](study, words, outlook)


def silence(study: ExportedStudy, words: Words, outlook: Outlook) -> str:
    """Return the warning about a step that should go on by itself and does not; mostly empty."""
    is_packed = study.state == State.PREVIEW and study.looked_through_at is not None
    is_ours = study.state in {State.REQUESTED, State.QUEUED, *AT_WORK} or is_packed
    if not is_ours or study.is_paused or outlook.waits:
        return ""
    signs = (study.state_since, study.seen_at, study.looked_through_at)
    silent_for = words.now - max(filter(None, signs))
    if silent_for < PATIENCE:
        return ""
    return _(
        "Nothing happened for %(age)s. If that goes on, an administrator looks whether the "
        "exporter runs."
    ) % {"age": words.figures.age(silent_for)}


def ended(study: ExportedStudy) -> str:
    """Return the sentence of a study that ended without a package."""
    why = str(study.get_why_display()) if study.why else ""
    if study.state == State.UNAVAILABLE:
        return _("Not available: %(why)s.") % {"why": why} if why else _("Not available.")
    return _("Failed: %(why)s.") % {"why": why} if why else _("Failed.")


def remedy(why: str) -> str:
    """Return what to do about a study that cannot be had; empty where nobody knows."""
    return (
        {
            Why.UNKNOWN: _(
                "Check the reference, or ask the region's administrator whether its archive keeps "
                "the study under another name."
            ),
            Why.EXPIRED: _("It cannot be brought back: choose a newer study."),
            Why.DELETED: _("Ask the region's administrator whether a copy is kept elsewhere."),
            Why.PATH_CLOSED: _("Ask again when the region's page shows an open path."),
            Why.NO_SOURCE: _("An administrator adds an archive under “Study sources”."),
            Why.TOO_BIG: _("An administrator can raise the limit in the region's export policy."),
            Why.SOURCE: _("The region's administrator can tell why its archive answers so."),
            Why.DISK_FULL: _("Tell an administrator, and ask again when there is room."),
            Why.INTERNAL: _("Tell an administrator: the exporter's log has the rest."),
            Why.UNCLEAN: _("Nothing of it leaves. Choose another study, or another purpose."),
        }.get(Why(why), "")
        if why
        else ""
    )


def _requested(_study: ExportedStudy, words: Words, outlook: Outlook) -> str:
    if outlook.waits and outlook.waits.until:
        return _("The region could not be asked; the next try is at %(time)s.") % {
            "time": words.clock(outlook.waits.until)
        }
    return _("The region's archives are about to be asked whether they have it.")


def _queued(study: ExportedStudy, words: Words, outlook: Outlook) -> str:
    said = [
        _("Available: %(found)s.") % {"found": _found(study, words)},
        _how_long(words, outlook),
        _why_waits(outlook.waits, words) if outlook.waits else _("It comes next."),
    ]
    return " ".join(said)


def _how_long(words: Words, outlook: Outlook) -> str:
    if outlook.seconds_left is None:
        return _("How long it takes is known once it is being fetched.")
    left = {"left": words.left(outlook.seconds_left)}
    if outlook.here_by is None:
        return _("Fetching it takes %(left)s.") % left
    return _("Fetching it takes %(left)s; it is here at about %(time)s.") % {
        **left,
        "time": words.clock(outlook.here_by),
    }


def _why_waits(waits: Waiting, words: Words) -> str:
    time = {"time": words.clock(waits.until) if waits.until else ""}
    return {
        Reason.PAUSED: _("It is paused."),
        Reason.FORBIDDEN: _("The region's export policy does not let studies out now."),
        Reason.RETRY: _("The line broke off; it goes on at %(time)s.") % time,
        Reason.WINDOW: _("The region's link window opens at %(time)s.") % time,
        Reason.BUDGET: _("The region's bytes of the day are used up; it goes on at %(time)s.")
        % time,
        Reason.TURN: _("It waits for its turn."),
    }[waits.reason]


def _found(study: ExportedStudy, words: Words) -> str:
    parts = (
        words.files(study.n_instances) if study.n_instances is not None else "",
        words.size(study.n_bytes) if study.n_bytes is not None else "",
    )
    return ", ".join(filter(None, parts)) or _("its size is not known")


def _fetching(study: ExportedStudy, words: Words, outlook: Outlook) -> str:
    parts = [words.files(study.n_fetched)]
    if study.n_instances is not None:
        parts = [words.of_files(study.n_fetched, study.n_instances)]
    if study.n_bytes:
        parts.append(
            _("%(n)s of %(total)s")
            % {"n": words.size(study.n_bytes_fetched), "total": words.size(study.n_bytes)}
        )
    else:
        parts.append(words.size(study.n_bytes_fetched))
    if study.bytes_per_s:
        parts.append(words.rate(study.bytes_per_s))
    if outlook.seconds_left is not None:
        parts.append(_("%(time)s left") % {"time": words.left(outlook.seconds_left)})
    return _("Is fetched: %(progress)s.") % {"progress": ", ".join(parts)}


def _cleaning(study: ExportedStudy, words: Words, _outlook: Outlook) -> str:
    n = study.n_cleaned + study.n_left_out
    total = study.n_instances or study.n_fetched
    return _("Is de-identified here: %(progress)s.") % {
        "progress": words.of_files(n, total) if total else words.files(n)
    }


def _preview(study: ExportedStudy, words: Words, _outlook: Outlook) -> str:
    if study.looked_through_by is not None:
        return _("%(name)s looked through it; it is being packed.") % {
            "name": name_of(study.looked_through_by)
        }
    n = words.figures.count(study.n_sheets)
    return ngettext(
        "De-identified. Before it is released a person looks through %(n)s contact sheet.",
        "De-identified. Before it is released a person looks through %(n)s contact sheets.",
        study.n_sheets,
    ) % {"n": n}


def _gone() -> str:
    return _("The package has expired and is about to be shredded.")


def _ready(study: ExportedStudy, words: Words, _outlook: Outlook) -> str:
    size = words.size(study.package_bytes or 0)
    if study.expires_at is None:
        return _("Ready: %(size)s.") % {"size": size}
    if study.expires_at <= words.now:
        return _gone()
    return _("Ready: %(size)s, until %(time)s.") % {
        "size": size,
        "time": words.clock(study.expires_at),
    }
