"""Rules about answers: none, failed, slow, second-best, refused. Pure."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fleet.review.figures import Figures, cut
from fleet.review.rules.limits import TIMES_USUAL, share_limit
from fleet.review.situation import Level, Reason, Situation

FAILED_SHARE_LOOK = 0.05
FAILED_SHARE_FAILING = 0.20
FALLBACK_SHARE = 0.10
REJECTED_SHARE = 0.10
# A latency that is usually short may double without being felt.
SLOWER_BY_S = 30
# Shares and percentiles of fewer answers than this jump by themselves.
FEWEST_ANSWERS = 20
# On a running day fewer studies than this may simply still be on their way.
FEWEST_STUDIES = 10


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
    # Not by what is usual: nobody shall grow used to failures.
    limit = share_limit(FAILED_SHARE_LOOK, None, n.n_settled)
    if is_failing:
        limit = FAILED_SHARE_FAILING
    if failed <= limit:
        return None
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


def slow_answers(s: Situation, figures: Figures) -> Reason | None:
    usual = s.usual.latency_p95_s if s.usual and s.usual.has_band else None
    latency = s.numbers.latency_p95_s if s.numbers and s.numbers.n_done >= FEWEST_ANSWERS else None
    if usual is None or latency is None:
        return None
    limit = max(usual * TIMES_USUAL, usual + SLOWER_BY_S)
    if latency <= limit:
        return None
    sentence = _("Latency p95 is %(latency)s, usually %(usual)s, limit %(limit)s.") % {
        "latency": figures.latency(latency),
        "usual": figures.latency(usual),
        "limit": figures.latency(limit),
    }
    return Reason("slow_answers", Level.LOOK, 41, sentence, number=latency, limit=limit)


def many_fallbacks(s: Situation, figures: Figures) -> Reason | None:
    n = s.numbers
    if n is None or n.n_done < FEWEST_ANSWERS:
        return None
    fallback = n.fallback_share or 0.0
    if fallback <= FALLBACK_SHARE:
        return None
    limit = share_limit(FALLBACK_SHARE, s.usual.fallback_share if s.usual else None, n.n_done)
    if fallback <= limit:
        return None
    sentence = ngettext(
        "%(share)s of %(count)s answer came by a fallback, limit %(limit)s.",
        "%(share)s of %(count)s answers came by a fallback, limit %(limit)s.",
        n.n_done,
    ) % {
        "share": figures.percent(fallback),
        "count": figures.count(n.n_done),
        "limit": figures.percent(limit, digits=0),
    }
    return Reason("many_fallbacks", Level.LOOK, 42, sentence, number=fallback, limit=limit)


def many_rejected(s: Situation, figures: Figures) -> Reason | None:
    n = s.numbers
    if n is None or n.n_sent < FEWEST_ANSWERS:
        return None
    rejected = n.rejected_share or 0.0
    if rejected <= REJECTED_SHARE:
        return None
    limit = share_limit(REJECTED_SHARE, s.usual.rejected_share if s.usual else None, n.n_sent)
    if rejected <= limit:
        return None
    sentence = ngettext(
        "%(share)s of %(count)s sent was rejected, limit %(limit)s.",
        "%(share)s of %(count)s sent were rejected, limit %(limit)s.",
        n.n_sent,
    ) % {
        "share": figures.percent(rejected),
        "count": figures.count(n.n_sent),
        "limit": figures.percent(limit, digits=0),
    }
    detail = ""
    if s.top_rejection is not None:
        reason, n_times = s.top_rejection
        detail = _("Mostly “%(reason)s”: %(count)s.") % {
            "reason": cut(reason),
            "count": figures.count(n_times),
        }
    return Reason("many_rejected", Level.LOOK, 54, sentence, rejected, limit, detail)
