"""The days on which a country's week is not as usual: from the `holidays` library, and from files.

A file of a country, `<code in small letters>.toml` in this folder, holds what the library does not
know yet, such as a working day that a government moves next month. It outdoes the library:

    [off]
    2028-01-10 = "Day off in place of 1 January"
    [working]
    2028-02-19 = "Works in place of 21 February"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import holidays

FILES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A holiday, or a working day in the place of one; the name is for people."""

    is_off: bool
    name: str


def is_known(country: str, files: Path = FILES) -> bool:
    """Return whether the library or a file knows the country, an ISO 3166-1 code like RU."""
    return country in holidays.list_supported_countries(include_aliases=False) or (
        len(country) == 2 and country.isupper() and _file(country, files).exists()
    )


@cache
def special_days(
    country: str, year: int, language: str = "", files: Path = FILES
) -> Mapping[date, SpecialDay]:
    """Return the country's holidays and moved working days of a year.

    Names are in the language, such as `ru`, where the library has it, else in the country's own.
    """
    found = {}
    if country in holidays.list_supported_countries(include_aliases=False):
        kept = holidays.country_holidays(country, years=year, language=_spoken(country, language))
        found = {day: SpecialDay(True, name) for day, name in kept.items()}
        found |= {day: SpecialDay(False, "") for day in kept.weekend_workdays if day.year == year}
    for word, days in _read(country, files).items():
        for text, name in days.items():
            day = date.fromisoformat(text)
            if day.year == year:
                found[day] = SpecialDay(word == "off", name)
    return found


@cache
def _read(country: str, files: Path) -> Mapping[str, Mapping[str, str]]:
    file = _file(country, files)
    return tomllib.loads(file.read_text()) if file.exists() else {}


def _file(country: str, files: Path) -> Path:
    return files / f"{country.lower()}.toml"


def _spoken(country: str, language: str) -> str | None:
    """Return the library's name of the language; the country's own where it has not got it."""
    of_country = holidays.country_holidays(country)
    known = sorted(of_country.supported_languages)
    return next(
        (one for one in known if language and one.split("_")[0] == language),
        of_country.default_language,
    )
