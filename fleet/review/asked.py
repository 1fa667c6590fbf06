"""What the address of the review asks for: filters, order, opened rows. The state is in the URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from fleet.review.day import RegionDay
from fleet.review.levels import level_words
from fleet.review.situation import Level

ORDERS = ("ladder", "name", "studies", "age")
GROUPS = ("look", "fine", "closed", "ahead")
LONGEST_QUERY = 100
KNOWN = {"show", "q", "sort", "open", "for"}


@dataclass(frozen=True, slots=True)
class Asked:
    """`show` is empty for all levels; `opened` holds groups' keys and regions' codes; `notices`
    are sentences on what the address asks for and nobody understands."""

    show: frozenset[Level] = frozenset()
    q: str = ""
    sort: str = "ladder"
    opened: frozenset[str] = frozenset()
    notices: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return what a query string asks for; what it cannot mean is left out with a notice."""
        levels = {level.value: level for level in Level}
        words = _words(query.get("show", ""))
        sort = query.get("sort", "ladder")
        notices = [
            *(_ignored("show", word) for word in words if word not in levels),
            *([] if sort in ORDERS else [_ignored("sort", sort)]),
            *(_ignored(name, value) for name, value in query.items() if name not in KNOWN),
        ]
        return cls(
            frozenset(levels[word] for word in words if word in levels),
            query.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY],
            sort if sort in ORDERS else "ladder",
            frozenset(_words(query.get("open", ""))),
            tuple(notices[:3]),
        )

    @property
    def is_filter(self) -> bool:
        return bool(self.show or self.q)

    @property
    def filter_words(self) -> str:
        """The filter as people say it: “failing, stale, “tver””."""
        words = level_words()
        named = [words[level] for level in Level if level in self.show]
        return ", ".join([*named, *([f"“{self.q}”"] if self.q else [])])

    @property
    def show_text(self) -> str:
        """The levels as the address writes them."""
        return ",".join(level.value for level in Level if level in self.show)

    @property
    def query(self) -> str:
        """The query string that asks for the same, with its “?”; nothing for nothing."""
        parts = {
            "show": self.show_text,
            "q": self.q,
            "sort": "" if self.sort == "ladder" else self.sort,
            "open": ",".join(sorted(self.opened)),
        }
        given = {name: value for name, value in parts.items() if value}
        return "?" + urlencode(given, safe=",") if given else ""

    def toggled(self, level: Level) -> Self:
        """Return the same with one level shown that was not, or the other way round."""
        return replace(self, show=self.show ^ {level})

    def with_open(self, key: str) -> Self:
        return replace(self, opened=self.opened ^ {key})

    def chosen(self, rows: Iterable[RegionDay]) -> list[RegionDay]:
        """Return the rows that pass the filter, in the order that is asked for."""
        q = self.q.casefold()
        passed = [
            row
            for row in rows
            if (not self.show or row.mark in self.show)
            and (not q or q in row.region.name.casefold() or q in row.region.code)
        ]
        if self.sort == "name":
            passed.sort(key=lambda row: row.region.name.casefold())
        elif self.sort == "studies":
            passed.sort(key=lambda row: -(row.numbers.n_received if row.numbers else -1))
        elif self.sort == "age":
            passed.sort(key=lambda row: -(row.age.total_seconds() if row.age else -1))
        return passed


def _words(text: str) -> list[str]:
    return [word for word in text[:2000].split(",") if word]


def _ignored(name: str, value: str) -> str:
    return _("The address asks for “%(what)s”, which is unknown here; it is ignored.") % {
        "what": f"{name}={value}"[:60]
    }
