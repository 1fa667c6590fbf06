"""What the address of the inbox asks for. The state is in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self
from urllib.parse import urlencode

from fleet.alerts.kinds import KINDS

LAST_PAGE = 10_000
LONGEST_CODE = 31


class Show(StrEnum):
    """`open` are those that are neither resolved nor silenced."""

    OPEN = "open"
    MINE = "mine"
    SILENCED = "silenced"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Asked:
    """`region` is a code, `kind` that of a kind; empty for all. `is_odd` says that something in the
    address was not understood."""

    show: Show = Show.OPEN
    region: str = ""
    kind: str = ""
    page: int = 1
    is_odd: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Return what the parameters say; what cannot be understood is left out."""
        show, kind, page = given.get("show", ""), given.get("kind", ""), given.get("page", "1")
        is_page = page.isascii() and page.isdecimal() and 1 <= int(page[:9]) <= LAST_PAGE
        return cls(
            Show(show) if show in set(Show) else Show.OPEN,
            given.get("region", "").replace("\0", "")[:LONGEST_CODE],
            kind if kind in KINDS else "",
            int(page) if is_page else 1,
            is_odd=bool(
                (show and show not in set(Show)) or (kind and kind not in KINDS) or not is_page
            ),
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.region or self.kind)

    def showing(self, show: Show) -> Self:
        return replace(self, show=show, page=1)

    def on_page(self, page: int) -> Self:
        return replace(self, page=page)

    def unfiltered(self) -> Self:
        return replace(self, region="", kind="", page=1)

    @property
    def address(self) -> str:
        """The query of an address."""
        words = {
            "show": self.show.value,
            "region": self.region,
            "kind": self.kind,
            "page": str(self.page) if self.page > 1 else "",
        }
        return "?" + urlencode({name: word for name, word in words.items() if word})
