"""A Russian name in Latin letters, in the ways that passports, archives and people write it."""

from __future__ import annotations

import re
from functools import lru_cache

# What every way shares, then the letters about which ways differ. A soft sign is left out or an
# apostrophe, which no comparison here keeps.
_COMMON = dict(
    zip("абвгдзиклмнопрстуфь", [*"abvgdziklmnoprstuf", ""], strict=True),
)
_WAYS: tuple[dict[str, str], ...] = tuple(
    _COMMON | dict(zip("ежйхцчшщъыэюяё", way.split(), strict=True))
    for way in (
        "e zh i kh ts ch sh shch ie y e iu ia e",  # passports since 2013
        "e zh y kh ts ch sh shch - y e yu ya e",  # newspapers, and people
        "e zh y kh ts ch sh shch - y e yu ya yo",
        "e j j h c ch sh sch - y e ju ja jo",  # programs
        "ye zh y kh ts ch sh shch - y e yu ya ye",  # maps
    )
)
_CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")


@lru_cache(maxsize=20_000)
def spellings(word: str) -> frozenset[str]:
    """Return a word's spellings in small letters: Latin ones for Cyrillic, else the word itself."""
    word = word.casefold()
    if not _CYRILLIC.intersection(word):
        return frozenset({word.replace("'", "").replace("`", "")})
    latin = {"".join(way.get(letter, letter) for letter in word).replace("-", "") for way in _WAYS}
    return frozenset(latin | {_shortened(one) for one in latin})


def _shortened(word: str) -> str:
    """Return Maria for Mariya, Dmitry for Dmitrii, Alexandr for Aleksandr."""
    word = re.sub("i[iyj]a", "ia", word)
    return re.sub("[iy][iyj]$", "y", word).replace("ks", "x")
