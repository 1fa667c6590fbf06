"""The two lamps of a row in words: can we reach the region, and are its numbers fresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fleet.review.day import RegionDay
from fleet.review.figures import NOTHING, Figures, kept_by_language
from fleet.review.links import LinkState
from regions.freshness import Freshness

NO_BREAK = "\u00a0"
LINK_GLYPHS = {
    LinkState.OPEN: "●",
    LinkState.CLOSED: "✕",
    LinkState.UNKNOWN: "◌",
    LinkState.CARRIED: "▣",
    LinkState.MISSING: "✕",
}
DATA_GLYPHS = {
    Freshness.FRESH: "●",
    Freshness.LATE: "◔",
    Freshness.STALE: "◇",
    Freshness.UNKNOWN: "◌",
    Freshness.CLOSED: "–",
}


@dataclass(frozen=True, slots=True)
class Lamp:
    """`state` is a class of the style sheet, `text` stands beside the glyph, `word` is for those
    who do not see it, `why` explains."""

    state: str
    glyph: str
    text: str
    word: str
    why: str


@dataclass(frozen=True, slots=True)
class LampWords:
    """What lamps say, in one language."""

    link: dict[LinkState, str]
    data: dict[Freshness, str]
    complete: str
    known: str
    never: str
    open_now: str
    by_hand: str
    no_path: str
    never_tried: str
    not_known: str
    closed_since: str

    @staticmethod
    @kept_by_language
    def of_active_language() -> LampWords:
        return LampWords(
            link={
                LinkState.OPEN: pgettext("link", "open"),
                LinkState.CLOSED: pgettext("link", "closed"),
                LinkState.UNKNOWN: pgettext("link", "unknown"),
                LinkState.CARRIED: pgettext("link", "by hand"),
                LinkState.MISSING: pgettext("link", "no path"),
            },
            data={
                Freshness.FRESH: pgettext("data", "fresh"),
                Freshness.LATE: pgettext("data", "late"),
                Freshness.STALE: pgettext("data", "stale"),
                Freshness.UNKNOWN: pgettext("data", "unknown"),
                Freshness.CLOSED: pgettext("data", "closed"),
            },
            complete=pgettext("data", "complete"),
            known=_("Numbers are known up to %(time)s there."),
            never=_("No collection has succeeded yet."),
            open_now=_("The region answers."),
            by_hand=_("Level 3: this region has no line; its data are carried by hand."),
            no_path=_("No access path is enabled, so nothing can be collected."),
            never_tried=_("Never tried yet."),
            not_known=_("Not known since %(time)s there."),
            closed_since=_("Closed since %(time)s there."),
        )


def lamp_legend() -> list[tuple[str, str]]:
    """Return for each lamp its name and its glyphs with their words."""
    words = LampWords.of_active_language()
    link = (f"{LINK_GLYPHS[state]} {word}" for state, word in words.link.items())
    data = (f"{DATA_GLYPHS[state]} {word}" for state, word in words.data.items())
    return [(_("Link"), ", ".join(link)), (_("Data"), ", ".join(data))]


@dataclass(frozen=True, slots=True)
class Lamps:
    """The lamps of one page."""

    words: LampWords
    figures: Figures
    now: datetime
    day: date

    def link(self, row: RegionDay) -> Lamp:
        """Return the lamp of now, whatever date the page shows."""
        link = row.link
        text = self.words.link[link.state]
        if link.state is LinkState.CLOSED and link.since is not None:
            age = self.figures.age(self.now - link.since)
            text = f"{text} {age.replace(' ', NO_BREAK)}"
        return Lamp(
            f"link-{link.state}",
            LINK_GLYPHS[link.state],
            text,
            self.words.link[link.state],
            self._why_link(row),
        )

    def data(self, row: RegionDay) -> Lamp:
        """Return how far the day's numbers can be trusted, with their age."""
        if row.freshness is None:
            return Lamp("data-ahead", "·", NOTHING, "", "")
        if row.is_complete:
            text = self.words.complete
        elif row.age is not None:
            text = self.figures.age(row.age)
        else:
            text = NOTHING
        return Lamp(
            f"data-{row.freshness}",
            DATA_GLYPHS[row.freshness],
            text,
            self.words.data[row.freshness],
            self._why_data(row),
        )

    def _why_link(self, row: RegionDay) -> str:
        """Return the reason, since when, and what still works."""
        link = row.link
        if link.state is LinkState.OPEN:
            return self.words.open_now
        if link.state is LinkState.CARRIED:
            return self.words.by_hand
        if link.state is LinkState.MISSING:
            return self.words.no_path
        if link.since is None:
            return self.words.never_tried
        since = {"time": self._clock(link.since, row)}
        if link.state is LinkState.UNKNOWN:
            return self.words.not_known % since
        return f"{self.words.closed_since % since} {self._why_data(row)}"

    def _why_data(self, row: RegionDay) -> str:
        if row.known_as_of is None:
            return self.words.never
        return self.words.known % {"time": self._clock(row.known_as_of, row)}

    def _clock(self, moment: datetime, row: RegionDay) -> str:
        return self.figures.clock(moment, row.region.zone, self.day)
