"""The handover: plain text for the next engineer, in the language of who hands over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fleet.review.day import RegionDay, ReviewDay
from fleet.review.figures import day_name
from fleet.review.handover_alerts import Standing
from fleet.review.levels import GLYPHS, level_words
from fleet.review.sign_cells import NoteLine, SignCell, Signs, SignState
from fleet.review.signing import clock_words
from fleet.review.situation import Level
from fleet.review.unsigned import ChangedDay, UnsignedDay

INDENT = "    "


def handover(
    review: ReviewDay,
    signs: Signs,
    unsigned: Sequence[UnsignedDay],
    changed: Sequence[ChangedDay],
    standing: Standing,
    account: User,
    address: str,
) -> str:
    """Return the text: what needs a look by group, alerts and silences, notes, changed and unsigned
    days.

    It holds our own sentences and people's notes; nothing that a region wrote.
    """
    sections = [
        _heading(review, signs, account, address),
        *_reasons(review, signs),
        _section(_("Open alerts"), standing.alerts),
        _section(_("Silences"), standing.silences),
        _section(_("Work in regions"), standing.works),
        _calm_notes(review, signs),
        _section(_("Notes on the whole fleet"), [_note(line) for line in signs.notes]),
        _section(_("Changed since signed"), [_changed(one, review) for one in changed]),
        _section(_("Unsigned days"), list(_unsigned(unsigned)), len(unsigned)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _heading(review: ReviewDay, signs: Signs, account: User, address: str) -> str:
    day = date_format(review.day, pgettext("format of the page's date", "l j E Y"))
    words = level_words()
    n_by_mark = [(words[mark], sum(row.mark is mark for row in review.rows)) for mark in Level]
    zone = review.now.astimezone(settings.FLEET_TIME_ZONE).tzname()
    tally = [f"{word}: {n}" for word, n in n_by_mark if n]
    written = _("Written by %(name)s, %(time)s") % {
        "name": account.get_full_name() or account.get_username(),
        "time": f"{clock_words(None)(review.now)} {zone}",
    }
    lines = [
        _("Handover: %(day)s") % {"day": day},
        written,
        " · ".join([*tally, *([signs.tally] if signs.tally else [])]),
        address,
    ]
    return "\n".join(lines)


def _reasons(review: ReviewDay, signs: Signs) -> Iterator[str]:
    words = level_words()
    rows = sorted(review.needs_look, key=lambda row: list(Level).index(row.mark))
    for mark, group in groupby(rows, key=lambda row: row.mark):
        lines = [_region(row, signs.cells[row.region.pk]) for row in group]
        yield _section(words[mark], lines)


def _region(row: RegionDay, cell: SignCell) -> str:
    said = " ".join(why.sentence for why in row.reasons)
    lines = [f"{GLYPHS[row.mark]} {row.region.name}: {said}"]
    if cell.state is SignState.SIGNED:
        lines.append(f"{INDENT}{_('Signed')}: {cell.text}")
    lines += [f"{INDENT}{_note(line)}" for line in cell.notes]
    return "\n".join(lines)


def _calm_notes(review: ReviewDay, signs: Signs) -> str:
    calm = [row for row in review.rows if not row.reasons]
    lines = [
        f"{row.region.name}: {_note(line)}"
        for row in calm
        for line in signs.cells[row.region.pk].notes
    ]
    return _section(_("Notes on other regions"), lines)


def _note(line: NoteLine) -> str:
    return f"{line.by}, {line.at}: {line.text}".replace("\n", f"\n{INDENT}{INDENT}")


def _changed(one: ChangedDay, review: ReviewDay) -> str:
    return _("%(region)s, %(day)s: %(change)s since %(name)s signed, %(time)s") % {
        "region": one.name,
        "day": day_name(one.day),
        "change": one.changed,
        "name": one.by,
        "time": clock_words(review.now)(one.at),
    }


def _unsigned(unsigned: Sequence[UnsignedDay]) -> Iterator[str]:
    """Return a line a region with the days that wait, earliest first, as “2 March – 5 March”."""
    by_region: dict[str, list[date]] = {}
    for one in unsigned:
        by_region.setdefault(one.name, []).insert(0, one.day)
    for name, days in sorted(by_region.items()):
        yield f"{name}: {', '.join(_spans(days))}"


def _spans(days: Sequence[date]) -> Iterator[str]:
    """Return each run of consecutive days as one text."""
    for _run, numbered in groupby(enumerate(days), key=lambda one: one[1].toordinal() - one[0]):
        run = [day for _n, day in numbered]
        first, last = day_name(run[0]), day_name(run[-1])
        yield first if first == last else f"{first} – {last}"


def _section(title: str, lines: Sequence[str], n: int | None = None) -> str:
    """Return a titled list of `n` things, one a line unless told; nothing without any."""
    heading = f"{title[:1].upper()}{title[1:]} ({n or len(lines)})"
    return "\n".join([heading, *lines]) if lines else ""
