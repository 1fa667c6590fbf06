"""What the cells of a page's rows say, in one language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.utils.translation import gettext as _

from fleet.review.figures import kept_by_language, short_day_name


@dataclass(frozen=True, slots=True)
class CellWords:
    """Looked up once: a page has thousands of cells."""

    usually: str
    usual_range: str
    part_of_whole: str
    last: str
    last_and_usual: str
    new_since: str
    short_day: Callable[[date], str]

    @staticmethod
    @kept_by_language
    def of_active_language() -> CellWords:
        return CellWords(
            usually=_("usually %(value)s"),
            usual_range=_("usually %(low)s–%(high)s"),
            part_of_whole=_("%(part)s of %(whole)s"),
            last=_("%(name)s, %(days)s days: last %(last)s"),
            last_and_usual=_("%(name)s, %(days)s days: last %(last)s, usually %(low)s–%(high)s"),
            new_since=_("%(version)s, new since %(day)s"),
            short_day=cache(short_day_name),
        )
