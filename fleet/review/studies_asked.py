"""What the address of a list of studies asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

from regions.answers import Key, Order

LONGEST_CODE = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for. `is_odd` says that something in it was not understood."""

    order: Order = Order.LATEST
    class_code: str = ""
    model_code: str = ""
    after: Key | None = None
    is_odd: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Return what the parameters say; what cannot be understood is left out."""
        is_odd = False
        try:
            order = Order(given.get("order") or Order.LATEST)
        except ValueError:
            order, is_odd = Order.LATEST, True
        after = None
        if text := given.get("after"):
            try:
                after = Key.parse(text, order)
            except ValueError:
                is_odd = True
        codes = [
            given.get(name, "").replace("\0", "")[:LONGEST_CODE] for name in ("class", "model")
        ]
        return cls(order, codes[0], codes[1], after, is_odd)

    @property
    def is_filtered(self) -> bool:
        return bool(self.class_code or self.model_code)

    def after_key(self, after: Key | None) -> Self:
        """Return the same list from after this answer on, or from its top."""
        return replace(self, after=after)

    def in_order(self, order: Order) -> Self:
        return replace(self, order=order, after=None)

    def unfiltered(self) -> Self:
        return replace(self, class_code="", model_code="", after=None)

    @property
    def address(self) -> str:
        """The query of an address."""
        words = {
            "order": self.order.value,
            "class": self.class_code,
            "model": self.model_code,
            "after": str(self.after or ""),
        }
        return "?" + urlencode({name: word for name, word in words.items() if word})

    def __str__(self) -> str:
        words = (
            f"order={self.order.value}",
            self.class_code and f"class={self.class_code}",
            self.model_code and f"model={self.model_code}",
            "" if self.after is None else "a later page",
        )
        return ", ".join(filter(None, words))
