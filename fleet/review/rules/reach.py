"""Rules about the way to a region: its path, its link, the age of its data. Pure."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.figures import Figures
from fleet.review.links import LinkState
from fleet.review.situation import Level, Reason, Situation
from regions.freshness import Freshness
from regions.models import FailureKind

_WAITS_FOR_A_PERSON = frozenset(
    {
        FailureKind.CONTRACT,
        FailureKind.AUTH,
        FailureKind.HOST_KEY,
        FailureKind.CONFIGURATION,
    }
)
_STANDING = {
    Freshness.FRESH: (31, Level.UNKNOWN),
    Freshness.STALE: (30, Level.STALE),
    Freshness.UNKNOWN: (31, Level.UNKNOWN),
    Freshness.LATE: (36, Level.LOOK),
}


def will_not_heal(s: Situation, _figures: Figures) -> Reason | None:
    """Failures that wait for a person: trying again does not help."""
    if s.link.state is LinkState.MISSING:
        sentence = _("No access path is enabled: add one.")
        return Reason("no_path", Level.FAILING, 14, sentence)
    if s.failure not in _WAITS_FOR_A_PERSON or not s.is_news:
        return None
    sentences = {
        FailureKind.CONTRACT: _("The region's contract is broken."),
        FailureKind.AUTH: _("The region refuses our login."),
        FailureKind.HOST_KEY: _("The SSH server shows another host key."),
        FailureKind.CONFIGURATION: _("The region is configured wrongly here."),
    }
    sentence = sentences[FailureKind(s.failure)]
    return Reason(s.failure, Level.FAILING, 13, sentence, detail=s.failure_sentence)


def data_missing(s: Situation, figures: Figures) -> Reason | None:
    if s.is_closed or (s.freshness is Freshness.FRESH and not _is_blank(s)):
        return None
    rank, level = _STANDING[s.freshness]
    if s.link.state is LinkState.CARRIED:
        rank, level = 32, Level.CARRIED
    limit = s.late_after if s.freshness is Freshness.LATE else s.stale_after
    number = s.age.total_seconds() if s.age is not None else None
    return Reason(
        "day_unknown" if s.freshness is Freshness.FRESH else f"data_{s.freshness}",
        level,
        rank,
        _missing(s, figures, limit),
        number=number,
        limit=limit.total_seconds(),
    )


def link_lost(s: Situation, figures: Figures) -> Reason | None:
    if s.link.state is not LinkState.CLOSED and not s.n_lost_together:
        return None
    if s.is_closed or not s.is_news or s.failure == FailureKind.HOST_KEY:
        return None
    if s.n_lost_together:
        sentence = ngettext(
            "Link lost together with %(count)s other.",
            "Link lost together with %(count)s others.",
            s.n_lost_together - 1,
        ) % {"count": figures.count(s.n_lost_together - 1)}
        return Reason("blind", Level.UNKNOWN, 35, sentence)
    sentence = _("The link is closed.")
    age = None
    if s.link.since is not None:
        age = s.now - s.link.since
        sentence = _("The link was lost %(age)s ago.") % {"age": figures.age(age)}
    number = age.total_seconds() if age is not None else None
    return Reason("link_lost", Level.LOOK, 33, sentence, number=number, detail=s.link.sentence)


def collection_fails(s: Situation, figures: Figures) -> Reason | None:
    """The numbers cannot be read though the region is there; the next turn may succeed."""
    if not s.failure or s.is_closed or not s.is_news:
        return None
    if s.failure == FailureKind.CENTER:
        sentence = _("The center itself made an error.")
        return Reason("center", Level.UNKNOWN, 34, sentence, detail=s.failure_sentence)
    if s.failure != FailureKind.REGION_ERROR:
        return None
    sentence = _("The region's database reports an error.")
    if s.failing_since is not None:
        age = figures.age(s.now - s.failing_since)
        sentence = _("The region's database has reported errors for %(age)s.") % {"age": age}
    return Reason("region_error", Level.LOOK, 34, sentence, detail=s.failure_sentence)


def _is_blank(s: Situation) -> bool:
    """Whether a finished day is unknown; patient limits may still call its data fresh."""
    return s.is_over and s.numbers is None and s.n_days_known is not None and s.n_days_known > 0


def _missing(s: Situation, figures: Figures, limit: timedelta) -> str:
    if s.age is None:
        return _("No collection has succeeded yet.")
    if s.known_as_of is not None and s.known_as_of <= s.starts_at and s.is_over:
        return _("Nothing was collected for this day.")
    words = {"age": figures.age(s.age), "limit": figures.age(limit)}
    if s.is_over:
        return _("The day's last %(age)s are missing, limit %(limit)s.") % words
    return _("Data are %(age)s old, limit %(limit)s.") % words
