"""Which rows of other apps a region may have and a file of regions describes beside it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


@dataclass(frozen=True)
class Belongings:
    """Rows with the fields `region` and `position`, and the words that describe one."""

    word: str
    model: type[models.Model]
    words: tuple[str, ...]


# The apps add theirs when they are ready: nothing here knows them.
BELONGINGS: list[Belongings] = []
