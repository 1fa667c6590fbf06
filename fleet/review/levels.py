"""The mark of a region: a glyph and a word for each level, since colour alone says nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import ngettext, pgettext

from fleet.review.figures import kept_by_language
from fleet.review.situation import Level

GLYPHS = {
    Level.FAILING: "■",
    Level.LOOK: "▲",
    Level.STALE: "◇",
    Level.UNKNOWN: "◌",
    Level.CARRIED: "▣",
    Level.FINE: "●",
    Level.CLOSED: "–",
    Level.AHEAD: "·",
}
_COUNTS: Mapping[Level, Callable[[int], str]] = {
    Level.FAILING: lambda n: ngettext("%(n)s failing", "%(n)s failing", n),
    Level.LOOK: lambda n: ngettext("%(n)s needs a look", "%(n)s need a look", n),
    Level.STALE: lambda n: ngettext("%(n)s stale", "%(n)s stale", n),
    Level.UNKNOWN: lambda n: ngettext("%(n)s unknown", "%(n)s unknown", n),
    Level.CARRIED: lambda n: ngettext("%(n)s carried by hand", "%(n)s carried by hand", n),
    Level.FINE: lambda n: ngettext("%(n)s fine", "%(n)s fine", n),
    Level.CLOSED: lambda n: ngettext("%(n)s closed", "%(n)s closed", n),
    Level.AHEAD: lambda n: ngettext("%(n)s not begun", "%(n)s not begun", n),
}


@kept_by_language
def level_words() -> Mapping[Level, str]:
    """Return the word that stands beside each mark."""
    return {
        Level.FAILING: pgettext("mark of a region", "failing"),
        Level.LOOK: pgettext("mark of a region", "needs a look"),
        Level.STALE: pgettext("mark of a region", "stale"),
        Level.UNKNOWN: pgettext("mark of a region", "unknown"),
        Level.CARRIED: pgettext("mark of a region", "carried by hand"),
        Level.FINE: pgettext("mark of a region", "fine"),
        Level.CLOSED: pgettext("mark of a region", "closed"),
        Level.AHEAD: pgettext("mark of a region", "not begun"),
    }


def level_count(level: Level, n: int) -> str:
    """Return how many regions bear the mark: “2 failing”."""
    return _COUNTS[level](n) % {"n": n}
