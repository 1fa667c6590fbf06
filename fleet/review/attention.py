"""Why a region needs a look: ordered reasons as values. Pure; sentences in the active language.

A rule answers one question about a situation. The ladder orders the reasons: failing now, wrong
answers, link or data lost, drift or peers, data quality, housekeeping.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.figures import Figures
from fleet.review.links import LinkState
from fleet.review.situation import Level, Reason, Situation
from regions.freshness import Freshness
from regions.models import FailureKind

FAILED_SHARE_LOOK = 0.05
FAILED_SHARE_FAILING = 0.20
# Shares of fewer answers than this jump by themselves.
FEWEST_ANSWERS = 20
# On a running day fewer studies than this may simply still be on their way.
FEWEST_STUDIES = 10
LEARNING_DAYS = 14


Rule = Callable[[Situation, Figures], Reason | None]


def reasons(situation: Situation, figures: Figures) -> tuple[Reason, ...]:
    """Return why the region needs a look, the most urgent reason first; nothing when it is fine."""
    found = [reason for rule in RULES if (reason := rule(situation, figures))]
    return tuple(sorted(found, key=lambda reason: reason.rank))


def no_answers(s: Situation, figures: Figures) -> Reason | None:
    n = s.numbers
    if n is None or n.n_received == 0 or n.n_done > 0:
        return None
    if not s.is_over and n.n_received < FEWEST_STUDIES:
        return None
    sentence = ngettext(
        "%(count)s study came, no answer was finished.",
        "%(count)s studies came, no answer was finished.",
        n.n_received,
    ) % {"count": figures.count(n.n_received)}
    return Reason("no_answers", Level.FAILING, 10, sentence, number=n.n_received)


def many_failed(s: Situation, figures: Figures) -> Reason | None:
    n = s.numbers
    if n is None or n.n_done == 0 or n.n_settled < FEWEST_ANSWERS:
        return None
    failed = n.failed_share or 0.0
    if failed <= FAILED_SHARE_LOOK:
        return None
    is_failing = failed > FAILED_SHARE_FAILING
    limit = FAILED_SHARE_FAILING if is_failing else FAILED_SHARE_LOOK
    sentence = ngettext(
        "%(share)s of %(count)s answer failed, limit %(limit)s.",
        "%(share)s of %(count)s answers failed, limit %(limit)s.",
        n.n_settled,
    ) % {
        "share": figures.percent(failed),
        "count": figures.count(n.n_settled),
        "limit": figures.percent(limit, digits=0),
    }
    level, rank = (Level.FAILING, 11) if is_failing else (Level.LOOK, 15)
    return Reason("many_failed", level, rank, sentence, number=failed, limit=limit)


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
    if s.is_closed or not s.is_news or s.failure == FailureKind.HOST_KEY:
        return None
    if s.n_lost_together:
        sentence = ngettext(
            "Link lost together with %(count)s other.",
            "Link lost together with %(count)s others.",
            s.n_lost_together - 1,
        ) % {"count": figures.count(s.n_lost_together - 1)}
        return Reason("blind", Level.UNKNOWN, 35, sentence)
    if s.link.state is not LinkState.CLOSED:
        return None
    sentence = _("The link is closed.")
    age = None
    if s.link.since is not None:
        age = s.now - s.link.since
        sentence = _("The link was lost %(age)s ago.") % {"age": figures.age(age)}
    number = age.total_seconds() if age is not None else None
    return Reason("link_lost", Level.LOOK, 33, sentence, number=number, detail=s.link.sentence)


def collection_fails(s: Situation, figures: Figures) -> Reason | None:
    """The numbers cannot be read though the region is there; the next turn may succeed."""
    if s.is_closed or not s.is_news:
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


def no_studies(s: Situation, _figures: Figures) -> Reason | None:
    if s.known_as_of is not None and s.n_days_known is None:
        return Reason("no_studies", Level.LOOK, 37, _("No study was ever collected."))
    n = s.numbers
    if s.is_closed or not s.is_over or n is None or n.n_received > 0 or not s.freshness.counts:
        return None
    return Reason(
        "no_studies", Level.LOOK, 37, _("No study came on a working day."), number=0, limit=1
    )


def misdated(s: Situation, figures: Figures) -> Reason | None:
    if not s.n_misdated or not s.is_news:
        return None
    sentence = ngettext(
        "%(count)s study has an impossible date.",
        "%(count)s studies have impossible dates.",
        s.n_misdated,
    ) % {"count": figures.count(s.n_misdated)}
    return Reason("misdated", Level.LOOK, 50, sentence, number=s.n_misdated, limit=0)


def unknown_outcomes(s: Situation, figures: Figures) -> Reason | None:
    if s.numbers is None or not s.numbers.n_unknown:
        return None
    sentence = ngettext(
        "%(count)s answer has a status outside the contract.",
        "%(count)s answers have a status outside the contract.",
        s.numbers.n_unknown,
    ) % {"count": figures.count(s.numbers.n_unknown)}
    return Reason("unknown_outcomes", Level.LOOK, 51, sentence, number=s.numbers.n_unknown, limit=0)


def bad_latencies(s: Situation, figures: Figures) -> Reason | None:
    if s.numbers is None or not s.numbers.n_bad_latency:
        return None
    sentence = ngettext(
        "%(count)s answer has an impossible latency.",
        "%(count)s answers have impossible latencies.",
        s.numbers.n_bad_latency,
    ) % {"count": figures.count(s.numbers.n_bad_latency)}
    return Reason(
        "bad_latencies", Level.LOOK, 52, sentence, number=s.numbers.n_bad_latency, limit=0
    )


def capped(s: Situation, figures: Figures) -> Reason | None:
    if s.numbers is None or not s.numbers.n_capped:
        return None
    sentence = ngettext(
        "%(count)s value over the cap was folded into “(other)”.",
        "%(count)s values over the cap were folded into “(other)”.",
        s.numbers.n_capped,
    ) % {"count": figures.count(s.numbers.n_capped)}
    return Reason("capped", Level.LOOK, 53, sentence, number=s.numbers.n_capped, limit=0)


def learning(s: Situation, figures: Figures) -> Reason | None:
    if s.n_days_known is None or s.n_days_known >= LEARNING_DAYS:
        return None
    if s.n_days_known < 1:
        sentence = _("This day is before the region's first collected one.")
        return Reason("before_first_day", Level.UNKNOWN, 61, sentence)
    sentence = _("Learning: day %(known)s of %(needed)s.") % {
        "known": figures.count(s.n_days_known),
        "needed": figures.count(LEARNING_DAYS),
    }
    return Reason(
        "learning", Level.UNKNOWN, 60, sentence, number=s.n_days_known, limit=LEARNING_DAYS
    )


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
        return _("The last %(age)s of the day are missing.") % words
    return _("Data are %(age)s old, limit %(limit)s.") % words


RULES: tuple[Rule, ...] = (
    no_answers,
    many_failed,
    will_not_heal,
    data_missing,
    link_lost,
    collection_fails,
    no_studies,
    misdated,
    unknown_outcomes,
    bad_latencies,
    capped,
    learning,
)
