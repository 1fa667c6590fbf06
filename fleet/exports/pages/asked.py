"""What the address of the list of exports asks for. The state is in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self
from urllib.parse import urlencode

LAST_PAGE = 10_000
LONGEST_CODE = 31


class Show(StrEnum):
    """`waiting` are those that wait for the one who looks."""

    ALL = "all"
    MINE = "mine"
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Asked:
    """`region` is a code, or empty. `is_odd` says that part of the address was not understood."""

    show: Show = Show.ALL
    region: str = ""
    page: int = 1
    is_odd: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Return what the parameters say; what cannot be understood is left out."""
        show, page = given.get("show", ""), given.get("page", "1")
        is_page = page.isascii() and page.isdecimal() and 1 <= int(page[:9]) <= LAST_PAGE
        return cls(
            Show(show) if show in set(Show) else Show.ALL,
            given.get("region", "").replace("\0", "")[:LONGEST_CODE],
            int(page) if is_page else 1,
            is_odd=bool(show and show not in set(Show)) or not is_page,
        )

    def showing(self, show: Show) -> Self:
        return replace(self, show=show, page=1)

    def on_page(self, page: int) -> Self:
        return replace(self, page=page)

    def unfiltered(self) -> Self:
        return replace(self, region="", page=1)

    @property
    def address(self) -> str:
        """The query of an address."""
        words = {
            "show": self.show.value,
            "region": self.region,
            "page": str(self.page) if self.page > 1 else "",
        }
        return "?" + urlencode({name: word for name, word in words.items() if word})
