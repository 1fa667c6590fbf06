"""The rows of DICOM PS3.15 Table E.1-1, from the file tables/profile.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

EDITION = "2026c"
TABLE = Path(__file__).parent / "tables" / "profile.csv"


@dataclass(frozen=True)
class Rule:
    """One row of the table: an attribute, or a family of them where the tag has letters."""

    tag: str  # "0008,0020", "50xx,xxxx", "60xx,3000", "gggg,xxxx"
    name: str
    keyword: str  # empty for families, and for what pydicom's dictionary lacks
    vr: str
    basic: str  # X, Z, D, U, or choices between them such as X/Z/D
    modified_dates: str  # C, or empty: the options change nothing
    characteristics: str
    device: str
    graphics: str


def table_lines() -> Iterator[str]:
    """Return the lines of the table without its head of comments."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        yield from (line for line in file if not line.startswith("#"))


@cache
def rules() -> tuple[Rule, ...]:
    """Return every row of the table in the order of tags."""
    return tuple(Rule(**row) for row in csv.DictReader(table_lines()))


@cache
def rules_by_tag() -> dict[int, Rule]:
    """Return the rows that name one attribute. Families are dealt with by group."""
    return {
        int(rule.tag.replace(",", ""), 16): rule
        for rule in rules()
        if not set(rule.tag) & set("gx")
    }
